// JSON to be read: arrays and objects can be closed, long ones are shown in part, and of many lines
// only those in sight are drawn. A line that the pointer is over lights its object everywhere.
import { createElement as h, memo, useEffect, useMemo, useRef, useState } from "react";
import { number, say, useLocale } from "./i18n";
import { linesOf, parsed, unfolded } from "./results_json";
import { icon } from "./results_parts";
import { showRow, useWindow } from "./results_window";

const LINE = 18;
const INDENT = 2;
const NONE = new Map();

// `count` is the number of objects that the JSON has; `lit` one of them. `whole`: the text is JSON and
// not the beginning of one.
export const JsonView = ({
  text,
  whole = true,
  count = -1,
  lit = null,
  onLight,
  label = "JSON",
  className = "js",
  testid,
}) => {
  const root = useMemo(() => (whole ? parsed(text) : null), [text, whole]);
  const props = { className, label, testid };
  return root
    ? h(Lines, { root, count, lit, onLight, ...props })
    : h("pre", { className, tabIndex: 0, "aria-label": label, "data-testid": testid }, text);
};

const Lines = ({ root, count, lit, onLight, className, label, testid }) => {
  const locale = useLocale();
  const box = useRef(null);
  const [{ of, map }, setFolds] = useState({ of: root, map: NONE });
  const folds = of === root ? map : NONE;
  const [revealed, setRevealed] = useState(null);
  const [stop, setStop] = useState(null); // the button that Tab leads to
  const focusing = useRef(false);
  const lines = useMemo(
    () => linesOf(root, count, folds, revealed),
    [root, count, folds, revealed],
  );
  const stops = useMemo(() => lines.flatMap((line, at) => (stopOf(line) ? [at] : [])), [lines]);
  const { first, last, above, below } = useWindow(box, lines.length, LINE);
  const elsewhere = lit && lit.by !== "json" ? lit.index : null;
  useEffect(() => {
    if (elsewhere !== null) setRevealed(elsewhere);
  }, [elsewhere]);
  useEffect(() => {
    if (elsewhere !== null && revealed === elsewhere) showOne(box.current, lines, elsewhere);
  }, [elsewhere, revealed, lines]);
  const current =
    stops.find((at) => stopOf(lines[at]) === stop) ?? stops.find((at) => at >= first) ?? stops[0];
  useEffect(() => {
    if (!focusing.current) return;
    focusing.current = false;
    box.current.querySelector('button[tabindex="0"]')?.focus();
  });
  const go = (at) => {
    showRow(box.current, at, LINE);
    focusing.current = true;
    setStop(stopOf(lines[at]));
  };
  const fold = (id, wanted) => {
    focusing.current = true; // the button that was pressed may be gone
    setStop(`fold ${id}`);
    setFolds((now) => ({
      of: root,
      map: new Map(now.of === root ? now.map : NONE).set(id, wanted),
    }));
  };
  const press = (line) => {
    if (line.more) return fold(line.id, unfolded(line.from));
    return fold(line.id, line.open ? false : null);
  };
  const onKeyDown = (event) => {
    if (event.target.tagName !== "BUTTON" || event.ctrlKey || event.metaKey || event.altKey) return;
    const line = lines[current];
    const place = stops.indexOf(current);
    const acts = {
      ArrowUp: () => place > 0 && go(stops[place - 1]),
      ArrowDown: () => place < stops.length - 1 && go(stops[place + 1]),
      ArrowLeft: () => line.open && press(line),
      ArrowRight: () => !line.open && press(line),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  };
  return h(
    "pre",
    { ref: box, className, tabIndex: 0, "aria-label": label, onKeyDown, "data-testid": testid },
    above > 0 && h("span", { className: "gap", style: { height: above } }),
    lines.slice(first, last).map((line, at) =>
      h(Line, {
        key: first + at,
        line,
        on: line.index !== null && line.index === lit?.index,
        tabbed: first + at === current,
        onLight,
        press,
        locale,
      }),
    ),
    below > 0 && h("span", { className: "gap", style: { height: below } }),
  );
};

const stopOf = ({ id, more, from }) =>
  id === undefined ? null : more ? `more ${id} ${from}` : `fold ${id}`;

// Scroll to the nearest line of an object, unless one of its lines is in sight.
const showOne = (element, lines, index) => {
  const rows = lines.flatMap((line, at) => (line.index === index ? [at] : []));
  const top = element.scrollTop / LINE;
  const bottom = top + element.clientHeight / LINE - 1;
  if (!rows.length || rows.some((row) => row >= top && row <= bottom)) return;
  const middle = (top + bottom) / 2;
  rows.sort((one, other) => Math.abs(one - middle) - Math.abs(other - middle));
  showRow(element, rows[0], LINE);
};

const partOf = ([kind, text], at, locale) => {
  if (kind === "letters")
    return h("i", { key: at }, say(locale, "results.json_letters", { count: text }));
  if (kind === "members")
    return h("i", { key: at }, say(locale, "results.json_members", { count: text }));
  return h("span", { key: at, className: kind }, text);
};

const Line = memo(({ line, on, tabbed, onLight, press, locale }) => {
  const { indent, parts, index, id, open, name, more } = line;
  const tabIndex = tabbed ? 0 : -1;
  return h(
    "span",
    {
      className: on ? "jl hl" : "jl",
      ...(index !== null &&
        onLight && {
          onPointerEnter: () => onLight(index, "json"),
          onPointerLeave: () => onLight(null),
        }),
    },
    id !== undefined &&
      !more &&
      h(
        "button",
        {
          type: "button",
          className: open ? "fold open" : "fold",
          style: { left: `${indent * INDENT}ch` },
          tabIndex,
          "aria-expanded": open,
          "aria-label": name || say(locale, "results.json_part"),
          onClick: () => press(line),
        },
        icon("right"),
      ),
    "  ".repeat(indent),
    more
      ? h(
          "button",
          { type: "button", className: "others", tabIndex, onClick: () => press(line) },
          say(locale, "results.json_more", { count: number(locale, more) }),
        )
      : parts.map((part, at) => partOf(part, at, locale)),
  );
}, sameLine);

function sameLine(one, other) {
  return (
    one.line === other.line &&
    one.on === other.on &&
    one.tabbed === other.tabbed &&
    one.onLight === other.onLight &&
    one.locale === other.locale
  );
}
