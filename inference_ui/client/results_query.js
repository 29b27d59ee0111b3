// The query that the address holds, for all parts of a page of results. The address is the truth:
// reload, back and links find what was looked at. It is changed without the router, for which every
// change would be a page to load anew.
import { useSyncExternalStore } from "react";
import { useLocation } from "react-router";
import { say, sayOf } from "./i18n";
import { fromAddress, toSearch, withItem, withQuery } from "./results_filter";

export * from "./results_filter";

const listeners = new Set();
const tell = () => listeners.forEach((listener) => listener());
const subscribe = (listener) => {
  listeners.add(listener);
  if (listeners.size === 1) window.addEventListener("popstate", tell);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("popstate", tell);
  };
};

const address = () => window.location.search;

// The address' parameters. Follows the router's moves too: they come as its location.
export const useAddress = () => {
  useLocation();
  return useSyncExternalStore(subscribe, address, () => "");
};

// One object for a query, however often it is read, so that it can be compared.
const known = { key: null, query: null };
const read = (search) => {
  const query = fromAddress(search);
  const key = toSearch(query);
  if (key !== known.key) Object.assign(known, { key, query });
  return known.query;
};

export const useQuery = () => read(useAddress());

// The entry of the history that is to come, in the form that the router knows its own by.
const entry = () => {
  const { state } = window.history;
  const key = Math.random().toString(36).slice(2, 10);
  return { ...state, key, idx: (state?.idx ?? 0) + 1 };
};

// Write other parameters into the address; "back" leads to those before unless they are replaced.
export const setAddress = (search, { replace = false } = {}) => {
  const said = search ? `?${search}` : "";
  if (said === address()) return;
  const url = `${window.location.pathname}${said}${window.location.hash}`;
  if (replace) window.history.replaceState(window.history.state, "", url);
  else window.history.pushState(entry(), "", url);
  tell();
};

// Look for other items. `next` is a query, or makes one of the query that is there; `item` is the
// one to select, by its number. What is being typed replaces the entry of the history; what is chosen
// adds one.
export const setQuery = (next, { replace = false, item = 0 } = {}) => {
  const query = typeof next === "function" ? next(fromAddress(address())) : next;
  const search = withQuery(address(), query);
  setAddress(item ? withItem(search, item) : search, { replace });
};

// Have the address name an item.
export const setItem = (number) => setAddress(withItem(address(), number), { replace: true });

const WORDS = {
  text: "results.has_text",
  class: "results.has_class",
  objects_from: "results.objects_from",
  objects_to: "results.objects_to",
  objects_just: "results.objects_just",
  objects_between: "results.objects_between",
  confidence_from: "results.confidence_from",
  confidence_to: "results.confidence_to",
  confidence_between: "results.confidence_between",
};

// A condition (results_filter) in words.
export const wordOf = (condition, locale) =>
  WORDS[condition.about]
    ? say(locale, WORDS[condition.about], condition)
    : sayOf(locale, "results", condition.value);
