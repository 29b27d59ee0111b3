// The list of items: only the rows in sight are drawn, whatever their number. It is one list box:
// the keys move the selection, and the rows are never focused themselves.
import { createElement as h, memo, useEffect, useLayoutEffect, useRef, useState } from "react";
import { say, sayOf, useLocale } from "./i18n";
import { icon, score, split } from "./results_parts";
import { pathOf } from "./results_items";

const ROW = 48;
const BEYOND = 6; // rows drawn above and below those in sight
const HIGHEST = 8000000; // pixels; browsers draw nothing right that is much higher

// What is scrolled through may be higher than the browser can scroll: `top` is where the view stands
// in the list, and the scroll bar follows it by a ratio.
const heights = (total, view) => {
  const real = total * ROW;
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

const useScroll = (box, total, view) => {
  const { real, drawn, ratio } = heights(total, view);
  const [top, setTop] = useState(0);
  const at = useRef({ top: 0, set: 0 });
  const latest = useRef();
  latest.current = (wanted) => {
    const next = Math.max(0, Math.min(wanted, real - view));
    at.current = { top: next, set: next / ratio };
    box.current.scrollTop = next / ratio;
    setTop(next);
  };
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
  const show = (number) => {
    const start = (number - 1) * ROW;
    if (start < at.current.top) latest.current(start);
    else if (start + ROW > at.current.top + view) latest.current(start + ROW - view);
  };
  return { top: Math.max(0, Math.min(top, real - view)), drawn, ratio, onScroll, show };
};

const target = (key, selected, total, page) => {
  const moves = { ArrowUp: -1, ArrowDown: 1, PageUp: -page, PageDown: page };
  if (key === "Home") return 1;
  if (key === "End") return total;
  return key in moves ? Math.max(1, Math.min(total, selected + moves[key])) : null;
};

export const ItemList = ({ list, state, selected, onSelect }) => {
  const locale = useLocale();
  const box = useRef(null);
  const view = useView(box);
  const { total, generation, failure } = state;
  const { top, drawn, ratio, onScroll, show } = useScroll(box, total, view);
  const first = Math.max(1, Math.floor(top / ROW) + 1 - BEYOND);
  const last = Math.min(total, Math.ceil((top + view) / ROW) + BEYOND);

  useEffect(() => list.need(first, last), [list, first, last, total, generation, failure]);
  useEffect(() => {
    if (selected && selected <= total) show(selected);
  }, [selected, view, total > 0]);

  const onKeyDown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = target(event.key, selected, total, Math.max(1, Math.floor(view / ROW) - 1));
    if (next === null || !total) return;
    event.preventDefault();
    onSelect(next);
  };
  const rows = [];
  for (let number = first; number <= last; number += 1) {
    rows.push(
      h(Row, {
        key: number,
        number,
        row: list.row(number),
        taskId: list.taskId,
        generation,
        total,
        selected: number === selected,
        onSelect,
        locale,
        top: top / ratio + (number - 1) * ROW - top,
      }),
    );
  }
  return h(
    "div",
    {
      ref: box,
      className: "items",
      role: "listbox",
      tabIndex: 0,
      "aria-label": say(locale, "results.list"),
      "aria-activedescendant": selected >= first && selected <= last ? `item-${selected}` : undefined,
      onScroll,
      onKeyDown,
      "data-testid": "items",
    },
    h("div", { role: "presentation", style: { height: drawn, position: "relative" } }, rows),
  );
};

const Row = memo(({ number, row, taskId, generation, total, selected, onSelect, locale, top }) =>
  h(
    "div",
    {
      id: `item-${number}`,
      role: "option",
      className: selected ? "it on" : "it",
      "aria-selected": selected,
      "aria-posinset": number,
      "aria-setsize": total,
      "aria-busy": !row,
      style: { transform: `translateY(${top}px)` },
      onClick: () => onSelect(number),
      "data-testid": "item",
      "data-number": number,
    },
    row ? known(row, taskId, generation, locale) : h("span", { className: "wait" }),
  ),
);

const known = (row, taskId, generation, locale) => {
  const [head, tail] = split(row.name.slice(row.name.lastIndexOf("/") + 1) || say(locale, "results.no_name"));
  return [
    h(Thumbnail, { key: "t", src: pathOf(taskId, row.number, "thumbnail", generation) }),
    h(
      "span",
      { key: "n", className: "two" },
      h(
        "span",
        { className: "l1", title: row.name },
        h("span", { className: "cut" }, head),
        h("span", null, tail),
      ),
      second(row, locale),
    ),
    h(
      "svg",
      {
        key: "s",
        className: row.status === "UNREADABLE" ? "ic s warn" : `ti ${row.status}`,
        role: "img",
        "aria-label": sayOf(locale, "results", row.status),
      },
      h("use", { href: `#icon-${row.status === "UNREADABLE" ? "warning" : row.status}` }),
    ),
  ];
};

const second = (row, locale) => {
  const wrong = row.error ?? (row.problem && sayOf(locale, "reason", row.problem.code, row.problem.args));
  if (wrong) return h("span", { className: "l2 wrong cut", title: wrong }, wrong);
  let text = row.ms === null ? "" : say(locale, "results.took", { ms: Math.round(row.ms) });
  if (row.objects === 0) text = say(locale, "results.nothing");
  else if (row.objects) {
    const lowest = row.lowest === null ? "" : score(row.lowest);
    text = say(locale, lowest ? "results.objects_lowest" : "results.objects", {
      count: row.objects,
      ...(lowest && { lowest }),
    });
  }
  return h("span", { className: "l2 num" }, text);
};

const Thumbnail = ({ src }) => {
  const [broken, setBroken] = useState(null);
  if (broken === src) return h("span", { className: "no" }, icon("picture"));
  return h("img", { src, alt: "", width: 48, height: 36, decoding: "async", onError: () => setBroken(src) });
};
