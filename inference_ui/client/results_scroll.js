// Where a list of any length stands: only the rows in sight are drawn. Positions begin at 0.
import { useEffect, useLayoutEffect, useRef, useState } from "react";

export const ROW = 48;
const BEYOND = 6; // rows drawn above and below those in sight
const HIGHEST = 8000000; // pixels; browsers draw nothing right that is much higher

// What is scrolled through may be higher than the browser can scroll: `top` is where the view stands
// in the list, and the scroll bar follows it by a ratio.
const heights = (length, view) => {
  const real = length * ROW;
  const drawn = Math.min(real, HIGHEST);
  const ratio = drawn > view ? (real - view) / (drawn - view) : 1;
  return { real, drawn, ratio };
};

const useView = (box) => {
  const [view, setView] = useState(600);
  useLayoutEffect(() => {
    const watcher = new ResizeObserver(() => setView(box.current.clientHeight));
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, [box]);
  return view;
};

// `epoch` changes with the list. Returns what is drawn (`first` to `last`, `offset` pixels from where
// they belong), what of it is in sight, and `show(position, centred)`.
export const useScroll = (box, length, epoch) => {
  const view = useView(box);
  const { real, drawn, ratio } = heights(length, view);
  const [moved, setTop] = useState(0);
  const at = useRef({ top: 0, set: 0 });
  const latest = useRef();
  latest.current = (wanted) => {
    const next = Math.max(0, Math.min(wanted, real - view));
    at.current = { top: next, set: next / ratio };
    box.current.scrollTop = next / ratio;
    setTop(next);
  };
  // The scroll bar stands elsewhere for the same rows when the list is longer.
  useLayoutEffect(() => latest.current(at.current.top), [ratio, epoch]);
  const onScroll = () => {
    const { scrollTop } = box.current;
    // What was set here comes back rounded; taken for a move, it would shift the rows.
    if (Math.abs(scrollTop - at.current.set) < 1) return;
    at.current = { top: scrollTop * ratio, set: scrollTop };
    setTop(scrollTop * ratio);
  };
  useEffect(() => {
    const element = box.current;
    if (ratio === 1) return undefined;
    // One turn of the wheel moves by rows, not by the thousands that the ratio would make of it.
    const onWheel = (event) => {
      if (event.ctrlKey) return;
      event.preventDefault();
      const unit = event.deltaMode === 1 ? ROW : event.deltaMode === 2 ? view : 1;
      latest.current(at.current.top + event.deltaY * unit);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [box, ratio, view]);
  const show = (position, centred) => {
    const start = position * ROW;
    const { top } = at.current;
    const above = start < top;
    if (!above && start + ROW <= top + view) return;
    if (centred) latest.current(start - (view - ROW) / 2);
    else latest.current(above ? start : start + ROW - view);
  };
  const top = Math.max(0, Math.min(moved, real - view));
  const seen = [Math.floor(top / ROW), Math.min(length, Math.ceil((top + view) / ROW)) - 1];
  return {
    ...{ view, drawn, onScroll, show, seen },
    first: Math.max(0, seen[0] - BEYOND),
    last: Math.min(length - 1, seen[1] + BEYOND),
    offset: top / ratio - top,
  };
};

// What was in sight when the list rested last: who flies through it wants no pictures.
export const useRest = ([first, last], rest) => {
  const [rested, setRested] = useState([0, -1]);
  useEffect(() => {
    const timer = setTimeout(() => setRested([first, last]), rest);
    return () => clearTimeout(timer);
  }, [first, last, rest]);
  return rested;
};
