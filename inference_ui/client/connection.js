// Since when the page has had no connection to the server, or null while it has one.
import { useContext, useEffect, useState } from "react";
import { EventLoopContext } from "$/utils/context-registry";

export const useLostSince = () => {
  const errors = useContext(EventLoopContext)[1];
  const lost = errors.length > 0;
  const [since, setSince] = useState(null);
  useEffect(() => setSince(lost ? Date.now() / 1000 : null), [lost]);
  // The server refuses a connection without a session too: ask it which of the two it is.
  useEffect(() => {
    if (!lost) return;
    fetch("/api/me")
      .then((answer) => {
        if (answer.status !== 401) return;
        const here = window.location.pathname + window.location.search;
        window.location.assign(`/sign-in?next=${encodeURIComponent(here)}`);
      })
      .catch(() => undefined); // not reachable: the banner says so already
  }, [lost, errors.length]);
  return since;
};
