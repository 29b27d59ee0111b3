// Drawing only the rows of a long list that are in sight. All rows have one height.
import { useLayoutEffect, useState } from "react";

const SMALL = 200; // rows; a list that is no longer is drawn as a whole
const BEYOND = 20; // rows drawn above and below those in sight
const STEP = 10; // rows that are scrolled through before others are drawn

// Return the rows to draw, from `first` to before `last`, and the heights of what is left out.
// `box` refers to what scrolls.
export const useWindow = (box, count, height) => {
  const [{ top, view }, setSeen] = useState({ top: 0, view: 600 });
  const large = count > SMALL;
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || !large) return undefined;
    const look = () => {
      const next = {
        top: Math.floor(element.scrollTop / height / STEP) * STEP,
        view: element.clientHeight,
      };
      setSeen((now) => (now.top === next.top && now.view === next.view ? now : next));
    };
    look();
    const watcher = new ResizeObserver(look);
    watcher.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      watcher.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [box, large, height]);
  if (!large) return { first: 0, last: count, above: 0, below: 0 };
  const first = Math.max(0, Math.min(top, count) - BEYOND);
  const last = Math.min(count, top + Math.ceil(view / height) + STEP + BEYOND);
  return { first, last, above: first * height, below: (count - last) * height };
};

// Scroll as little as shows a row. `head` is the height of what covers the top.
export const showRow = (element, row, height, head = 0) => {
  const start = row * height;
  if (start < element.scrollTop) element.scrollTop = start;
  else if (start + height + head > element.scrollTop + element.clientHeight) {
    element.scrollTop = start + height + head - element.clientHeight;
  }
};
