// How somebody looks at a task's results: the classes that are hidden, the least confidence, the
// format that boxes are read in, the order of objects. Kept by the browser until the tab is closed.
import { useCallback, useSyncExternalStore } from "react";

export const FORMATS = ["xyxy", "yxyx", "xywh", "cxcywh", "xxyy"].flatMap((order) => [
  order,
  `${order}_norm`,
]);

const PLAIN = { hidden: [], least: 0, format: null, order: "answered" };

const keyOf = (taskId) => `results:${taskId}`;

// Only what this program could have written is taken.
const read = (taskId) => {
  try {
    const { hidden, least, format, order } =
      JSON.parse(sessionStorage.getItem(keyOf(taskId))) ?? {};
    return {
      hidden: Array.isArray(hidden) ? hidden.filter((name) => typeof name === "string") : [],
      least: Number.isFinite(least) ? least : 0,
      format: FORMATS.includes(format) ? format : null,
      order: order === "confidence" ? order : "answered",
    };
  } catch {
    return PLAIN;
  }
};

const write = (taskId, choices) => {
  try {
    sessionStorage.setItem(keyOf(taskId), JSON.stringify(choices));
  } catch {
    // Without storage they last as long as the page.
  }
};

const known = new Map();
const listeners = new Set();

const choicesOf = (taskId) => {
  if (!known.has(taskId)) known.set(taskId, read(taskId));
  return known.get(taskId);
};

const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

// Return the choices for a task, and a function that changes some of them.
export const useChoices = (taskId) => {
  const choices = useSyncExternalStore(
    subscribe,
    () => choicesOf(taskId),
    () => PLAIN,
  );
  const change = useCallback(
    (some) => {
      const next = { ...choicesOf(taskId), ...some };
      known.set(taskId, next);
      write(taskId, next);
      listeners.forEach((listener) => listener());
    },
    [taskId],
  );
  return [choices, change];
};
