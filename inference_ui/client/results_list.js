// The list of items. It is one list box: the keys move the selection, from anywhere in the page
// where they mean nothing else, and the rows are never focused themselves. Positions begin at 0.
import { createElement as h, useEffect, useRef } from "react";
import { say, useLocale } from "./i18n";
import { Row, Skeleton } from "./results_row";
import { ROW, useRest, useScroll } from "./results_scroll";

const REST_MS = 80;

const target = (key, at, length, page) => {
  const moves = { ArrowUp: -1, ArrowDown: 1, PageUp: -page, PageDown: page };
  if (key === "Home") return 0;
  if (key === "End") return length - 1;
  if (!(key in moves)) return null;
  if (at === null) return moves[key] > 0 ? 0 : length - 1;
  return Math.max(0, Math.min(length - 1, at + moves[key]));
};

// Where keys are the list's: it, the picture, or nothing at all; never where they write or choose.
const OURS = ".rv > .ls, .rv > .vw";
const OTHERS =
  "input, textarea, select, [contenteditable], [role=dialog], [role=menu], [role=slider], " +
  "[role=radio], [role=tab], [role=listbox]:not(.items)";
const ours = ({ target: element, defaultPrevented, ctrlKey, metaKey, altKey }) =>
  !(defaultPrevented || ctrlKey || metaKey || altKey) &&
  (element === document.body || (element.closest(OURS) && !element.closest(OTHERS)));

const useKeys = (onKey) => {
  const latest = useRef();
  latest.current = onKey;
  useEffect(() => {
    const onKeyDown = (event) => ours(event) && latest.current(event);
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
};

export const focusList = () =>
  document.querySelector(".rv .items")?.focus({ focusVisible: false, preventScroll: true });

// `nothing` stands in its place when the list is empty.
export const ItemList = ({ list, state, nothing }) => {
  const locale = useLocale();
  const box = useRef(null);
  const { found, generation, failure, epoch, settling, query, indexed } = state;
  const { position } = state.selected;
  const scroll = useScroll(box, found, epoch);
  const { view, first, last, offset, show, seen } = scroll;
  const rested = useRest(seen, REST_MS);
  const shown = useRef(null);

  // Again when the server is back, but not at every try that fails.
  const away = Boolean(failure);
  useEffect(() => {
    list.need(first, last);
  }, [list, first, last, found, generation, away, epoch, indexed.lines]);
  useEffect(() => {
    if (position === null) return;
    show(position, shown.current !== epoch);
    shown.current = epoch;
  }, [position, view, epoch]);
  useKeys((event) => {
    const next = target(event.key, position, found, Math.max(1, Math.floor(view / ROW) - 1));
    if (next === null || !found) return;
    event.preventDefault();
    list.select(next);
  });

  const rows = [];
  for (let at = first; at <= last && !settling; at += 1) {
    rows.push(
      h(Row, {
        key: list.numberAt(at) || `at ${at}`,
        at,
        number: list.numberAt(at) || undefined,
        row: list.row(at),
        list,
        generation,
        found,
        order: query.order,
        selected: at === position,
        rests: at >= rested[0] && at <= rested[1],
        locale,
        top: at * ROW + offset,
      }),
    );
  }
  const filled = found > 0 && !settling;
  return h(
    "div",
    {
      ref: box,
      className: "items",
      role: filled ? "listbox" : "group",
      tabIndex: 0,
      "aria-label": say(locale, "results.list"),
      "aria-busy": settling,
      "aria-activedescendant":
        filled && position !== null && position >= first && position <= last
          ? `item-${position}`
          : undefined,
      onScroll: scroll.onScroll,
      "data-testid": "items",
    },
    settling && h(Skeleton, { rows: Math.ceil(view / ROW) }),
    found === 0 && !settling && nothing,
    h(
      "div",
      {
        role: "presentation",
        style: { height: settling ? 0 : scroll.drawn, position: "relative" },
      },
      rows,
    ),
  );
};
