// The objects of an answer as a table. A row that the pointer is over, or that the keys are at, lights
// its object everywhere.
import { createElement as h, memo, useEffect, useMemo, useRef, useState } from "react";
import { number, say } from "./i18n";
import { coloursOf, score, titleOf } from "./results_parts";
import { Pick } from "./results_pick";
import { ordered } from "./results_shown";
import { showRow, useWindow } from "./results_window";

const ROW = 28;
const COLUMNS = [46, null, 48, 138];

// `on` has a flag for each object that is shown; without `onChoose` the order cannot be changed.
export const Objects = ({ item, on, lit, onLight, order = "answered", onChoose, locale }) => [
  h(
    "div",
    { key: "head", className: "hd" },
    h("h2", null, say(locale, "results.objects_title")),
    h(
      "span",
      { className: "t3 num", "data-testid": "object-count" },
      number(locale, item.objects_total),
    ),
    h("span", { className: "grow" }),
    onChoose &&
      item.objects.length > 1 &&
      h(Pick, {
        label: say(locale, "results.objects_order"),
        className: "order",
        value: order,
        shown: say(locale, `results.order_${order}`),
        onChange: (value) => onChoose({ order: value }),
        groups: [
          {
            options: [
              { value: "answered", text: say(locale, "results.order_answered") },
              { value: "confidence", text: say(locale, "results.order_confidence") },
            ],
          },
        ],
        testid: "order",
      }),
  ),
  item.objects.length > 0
    ? h(Table, { key: "table", objects: item.objects, on, lit, onLight, order, locale })
    : h("p", { key: "none", className: "said t3" }, say(locale, "results.nothing")),
];

const Table = ({ objects, on, lit, onLight, order, locale }) => {
  const box = useRef(null);
  const rows = useMemo(() => ordered(objects, order), [objects, order]);
  const styleOf = useMemo(() => coloursOf(objects.map(({ name }) => name)), [objects]);
  const { first, last, above, below } = useWindow(box, rows.length, ROW);
  const [stop, setStop] = useState(0); // the row that Tab leads to
  const tabbed = Math.max(first, Math.min(last - 1, stop)); // … or the nearest that is drawn
  const focusing = useRef(false);
  useEffect(() => setStop(0), [rows]);
  useEffect(() => {
    if (lit && lit.by !== "table") showRow(box.current, rows.indexOf(lit.index), ROW, ROW);
  }, [lit, rows]);
  useEffect(() => {
    if (!focusing.current) return;
    focusing.current = false;
    box.current.querySelector(`[data-row="${stop}"]`)?.focus();
  });
  const onKeyDown = (event) => {
    const moves = { ArrowUp: stop - 1, ArrowDown: stop + 1, Home: 0, End: rows.length - 1 };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(rows.length - 1, moves[event.key]));
    showRow(box.current, next, ROW, ROW);
    focusing.current = true;
    setStop(next);
    onLight(rows[next], "table");
  };
  return h(
    "div",
    { ref: box, className: "ob", onKeyDown, onBlur: () => onLight(null) },
    h(
      "table",
      { "aria-rowcount": rows.length + 1 },
      h(
        "colgroup",
        null,
        ...COLUMNS.map((width, at) => h("col", { key: at, style: width ? { width } : {} })),
      ),
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          h("th", null, "#"),
          h("th", null, say(locale, "results.class")),
          h("th", { className: "r" }, say(locale, "results.confidence")),
          h("th", { className: "r mono" }, "x1,y1 x2,y2"),
        ),
      ),
      h(
        "tbody",
        null,
        gap(above),
        rows.slice(first, last).map((index, at) =>
          h(ObjectRow, {
            key: index,
            object: objects[index],
            index,
            row: first + at,
            style: styleOf(objects[index].name),
            on: lit?.index === index,
            off: Boolean(on) && !on[index],
            stop: first + at === tabbed,
            onLight,
            onStop: setStop,
          }),
        ),
        gap(below),
      ),
    ),
  );
};

const gap = (height) =>
  height > 0 &&
  h(
    "tr",
    { key: `gap ${height}`, "aria-hidden": true },
    h("td", { colSpan: 4, style: { height, padding: 0 } }),
  );

const classOf = (on, off) => (on ? "on" : off ? "off" : "");

const ObjectRow = memo(
  ({ object, index, row, style: { colour, dashed }, on, off, stop, onLight, onStop }) =>
    h(
      "tr",
      {
        className: classOf(on, off),
        tabIndex: stop ? 0 : -1,
        onPointerEnter: () => onLight(index, "table"),
        onPointerLeave: () => onLight(null),
        onFocus: () => {
          onStop(row);
          onLight(index, "table");
        },
        "aria-rowindex": row + 2,
        "data-row": row,
        "data-testid": "object",
      },
      h("td", { className: "t3 num" }, index + 1),
      h(
        "td",
        { className: "cut", title: titleOf(object.name) },
        h("i", { className: dashed ? "d" : "", style: { "--c": colour } }),
        h("bdi", null, titleOf(object.name)),
      ),
      h("td", { className: "num r cut" }, score(object.confidence)),
      h("td", { className: "mono t2 r nw cut" }, object.box ? corners(object.box) : "—"),
    ),
);

const whole = (value) => (Math.abs(value) < 1e6 ? String(Math.round(value)) : value.toPrecision(3));
const corners = ([x1, y1, x2, y2]) => `${whole(x1)},${whole(y1)} ${whole(x2)},${whole(y2)}`;
