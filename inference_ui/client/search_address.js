// The conditions of the search as the address says them. Changes are made quicker than the address
// follows, so what comes back from it may be older than what was sent since.
import { useEffect, useRef } from "react";
import { useSearchParams } from "react-router";

// Calls `follow(value)` when `value` changes to what was not sent from here: back, a link, "clear".
// Returns a function that says what is being sent; it comes back by and by, and is no news.
export const useSent = (value, follow) => {
  const sent = useRef({ last: value, all: new Set([value]) });
  useEffect(() => {
    const { last, all } = sent.current;
    if (value !== last && all.has(value)) return; // on the way to what was sent last
    sent.current = { last: value, all: new Set([value]) };
    if (value !== last) follow(value);
  }, [value]);
  return (next) => {
    sent.current.last = next;
    sent.current.all.add(next);
  };
};

// The address' conditions, and changing them. Whatever changes begins at the first page.
export const useConditions = () => {
  const [params, setParams] = useSearchParams();
  const latest = useRef(params); // what the address is about to say, where it does not yet
  const sent = useSent(params.toString(), (said) => {
    latest.current = new URLSearchParams(said);
  });
  const change = (edit, replace = false) => {
    const next = new URLSearchParams(latest.current);
    edit(next);
    next.delete("page");
    latest.current = next;
    sent(next.toString());
    setParams(next, { replace });
  };
  const has = (about, value) => params.getAll(about).includes(value);
  return {
    of: (about) => params.getAll(about).filter(Boolean),
    typed: params.get("q") ?? "",
    has,
    type: (text) =>
      change((next) => (text.trim() ? next.set("q", text.trim()) : next.delete("q")), true),
    toggle: (about, value) =>
      change((next) => {
        const left = next.getAll(about).filter((one) => one !== value);
        const there = about !== "name" && next.getAll(about).includes(value);
        next.delete(about);
        [...left, ...(there ? [] : [value])].forEach((one) => next.append(about, one));
        next.delete("q");
      }),
    remove: (about) => change((next) => next.delete(about)),
  };
};
