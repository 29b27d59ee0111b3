// What the server could not do for an event, as it said it: {code, args}, or null. The server says
// so by an event on the window, since no field and no page is the place for it.
import { useSyncExternalStore } from "react";

const listeners = new Set();
let failure = null;

const set = (next) => {
  failure = next;
  listeners.forEach((listener) => listener());
};

if (typeof window !== "undefined") {
  window.addEventListener("product-failure", (event) => set(event.detail));
}

const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useFailure = () => useSyncExternalStore(subscribe, () => failure, () => null);

export const forgetFailure = () => set(null);
