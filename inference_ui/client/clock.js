// What counts by itself between two pushes of the server: durations, and looking again.
// Times come from the server, whose clock may differ from the browser's: `Clock` measures by how
// much, once for each new `now` (seconds since 1970 on the server, when it was sent).
import { createElement, useEffect, useRef, useState } from "react";
import { say, useLocale } from "./i18n";

let seen = 0;
let ahead = 0;

const serverTime = () => Date.now() / 1000 + ahead;

// Measured while it is drawn: what is drawn after it in the same pass must show the right time.
export const Clock = ({ now }) => {
  if (now && now !== seen) {
    seen = now;
    ahead = now - Date.now() / 1000;
  }
  return null;
};

// The sentence `sentence` with the `seconds` that have passed since `since`, told anew each second.
export const Elapsed = ({ sentence, since }) => {
  const locale = useLocale();
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.floor(serverTime() - since));
  return createElement("span", { className: "num" }, say(locale, sentence, { seconds }));
};

// Calls `onTick` every `seconds` while `active`, but not in a tab that nobody sees.
export const Every = ({ seconds, active, onTick }) => {
  const latest = useRef(onTick);
  latest.current = onTick;
  useEffect(() => {
    if (!active) return undefined;
    const look = () => document.hidden || latest.current();
    const timer = setInterval(look, seconds * 1000);
    return () => clearInterval(timer);
  }, [active, seconds]);
  return null;
};
