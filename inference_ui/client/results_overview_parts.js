// What the parts of the overview share: addresses, the answer of the server, rows that hold still.
import { useEffect, useRef, useState } from "react";
import { ask, keep, pathOf, reading } from "./results_ask";
import { toSearch } from "./results_filter";

const AGAIN_MS = 2000;
const READING_MS = 500;
const KEPT = 3;

// The address of a task's results with these parameters: "kind=FAILED", "?view=overview", "".
export const pageOf = (taskId, search) =>
  `/tasks/${encodeURIComponent(taskId)}/results${search && `?${search.replace(/^\?/, "")}`}`;

// The address of the list with what is looked for, and of an item in it: {kind: "FAILED"}.
export const addressOf = (taskId, query = {}, item = 0) =>
  pageOf(taskId, [item && `item=${item}`, toSearch(query)].filter(Boolean).join("&"));

const pause = (answer) => {
  if (reading(answer)) return READING_MS;
  const whole = answer.ended && answer.indexed.lines >= answer.total;
  return whole ? null : AGAIN_MS;
};

const answers = new Map(); // the last of a few tasks: shown at once when one comes back

// Return what the server says of the items in numbers, asked again while that can change, and what
// kept the last question from being answered.
export const useOverview = (taskId) => {
  const [state, setState] = useState({ answer: answers.get(taskId) ?? null, failure: null });
  useEffect(() => {
    const control = new AbortController();
    let timer = 0;
    const look = async () => {
      let wait = AGAIN_MS;
      try {
        if (!document.hidden || !answers.has(taskId)) {
          const answer = await ask(pathOf(taskId, 0, "overview"), control.signal);
          keep(answers, taskId, answer, KEPT);
          setState({ answer, failure: null });
          wait = pause(answer);
        }
      } catch (failure) {
        if (!control.signal.aborted) setState((before) => ({ ...before, failure }));
      }
      if (wait !== null && !control.signal.aborted) timer = setTimeout(look, wait);
    };
    look();
    return () => {
      control.abort();
      clearTimeout(timer);
    };
  }, [taskId]);
  return state;
};

// Return a value that stays as it is while a reader points at what shows it, or has focused it; and
// the handlers that notice.
export const useHeld = (value) => {
  const [by, setBy] = useState({ pointer: false, focus: false });
  const kept = useRef(value);
  if (!by.pointer && !by.focus) kept.current = value;
  const on = (how, held) => () => setBy((before) => ({ ...before, [how]: held }));
  return [
    kept.current,
    {
      onPointerEnter: on("pointer", true),
      onPointerLeave: on("pointer", false),
      onFocus: on("focus", true),
      onBlur: on("focus", false),
    },
  ];
};
