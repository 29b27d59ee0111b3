// What was answered for an item: its objects as a table, what else it says, and its JSON. A line that
// the pointer is over lights its object everywhere.
import { createElement as h, memo, useEffect, useMemo, useRef, useState } from "react";
import { copyText } from "./copy";
import { number, say, sayOf, size, useLocale } from "./i18n";
import { pathOf } from "./results_items";
import { jsonLines, textOf } from "./results_json";
import { coloursOf, iconButton, score } from "./results_parts";

const SAID_MS = 1500;

export const Side = ({ list, item, lit, onLight, open }) => {
  const locale = useLocale();
  return h(
    "aside",
    { className: open ? "sd open" : "sd", "aria-label": say(locale, "results.side") },
    item?.objects && h(Objects, { item, lit, onLight, locale }),
    item?.reading && h(Reading, { reading: item.reading, locale }),
    item && item.request !== null && h(Request, { item, locale }),
    item && h(Result, { key: item.number, list, item, lit, onLight, locale }),
  );
};

export const Objects = ({ item, lit, onLight, locale }) => {
  const box = useRef(null);
  const styleOf = useMemo(() => coloursOf(item.objects.map(({ name }) => name)), [item]);
  useEffect(() => {
    if (lit?.by === "picture") box.current.querySelector("tr.on")?.scrollIntoView({ block: "nearest" });
  }, [lit]);
  return [
    h(
      "div",
      { key: "head", className: "hd" },
      h("h2", null, say(locale, "results.objects_title")),
      h("span", { className: "t3 num", "data-testid": "object-count" }, number(locale, item.objects_total)),
    ),
    item.objects.length > 0
      ? h(
          "div",
          { key: "table", ref: box, className: "ob", tabIndex: 0, role: "group", "aria-label": say(locale, "results.objects_title") },
          h(
            "table",
            null,
            h("colgroup", null, ...[38, null, 48, 138].map((width, at) => h("col", { key: at, style: width ? { width } : {} }))),
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
              item.objects.map((object, index) =>
                h(ObjectRow, { key: index, object, index, style: styleOf(object.name), on: lit?.index === index, onLight }),
              ),
            ),
          ),
        )
      : h("p", { key: "none", className: "said t3" }, say(locale, "results.nothing")),
  ];
};

const ObjectRow = memo(({ object, index, style: { colour, dashed }, on, onLight }) =>
  h(
    "tr",
    {
      className: on ? "on" : "",
      onPointerEnter: () => onLight(index, "table"),
      onPointerLeave: () => onLight(null),
      "data-testid": "object",
    },
    h("td", { className: "t3 num" }, index + 1),
    h("td", { className: "cut", title: object.name }, h("i", { className: dashed ? "d" : "", style: { "--c": colour } }), object.name),
    h("td", { className: "num r" }, score(object.confidence)),
    h("td", { className: "mono t2 r nw" }, object.box ? corners(object.box) : "—"),
  ),
);

const whole = (value) => (Math.abs(value) < 1e6 ? String(Math.round(value)) : value.toPrecision(3));
const corners = ([x1, y1, x2, y2]) => `${whole(x1)},${whole(y1)} ${whole(x2)},${whole(y2)}`;

export const Reading = ({ reading, locale }) => [
  h("div", { key: "head", className: "hd" }, h("h2", null, say(locale, "results.answer"))),
  reading.text
    ? h("p", { key: "text", className: "said", "data-testid": "answer" }, reading.text)
    : h(
        "ul",
        { key: "classes", className: "said", "data-testid": "answer" },
        reading.classes.map(({ name, confidence }, at) =>
          h("li", { key: at }, h("b", null, name), confidence === null ? "" : ` (${score(confidence)})`),
        ),
      ),
];

const Request = ({ item, locale }) => [
  h(
    "div",
    { key: "head", className: "hd" },
    h("h2", null, say(locale, "results.request")),
    h("span", { className: "t3 s" }, say(locale, "results.request_note")),
  ),
  h("pre", { key: "text", className: "js req", tabIndex: 0, "data-testid": "request" }, item.request),
];

const Result = ({ list, item, lit, onLight, locale }) => {
  const { result, result_problem: problem } = item;
  const lines = useMemo(
    () => (result?.whole ? jsonLines(result.text, item.objects?.length ?? -1) : null),
    [result, item],
  );
  if (!result && !problem) return null;
  return [
    h(
      "div",
      { key: "head", className: "hd" },
      h("h2", null, "JSON"),
      result && !result.whole && h("span", { className: "t3 s" }, say(locale, "results.json_cut", { size: result.size })),
      h("span", { className: "grow" }),
      result && h(Copy, { text: () => (lines ? textOf(lines) : result.text), locale }),
      result &&
        iconButton("download", say(locale, "results.download"), {
          href: pathOf(list.taskId, item.number, "result"),
          download: true,
        }),
    ),
    result
      ? h(
          "pre",
          { key: "json", className: "js", tabIndex: 0, "aria-label": "JSON", "data-testid": "json" },
          lines
            ? lines.map((line, at) =>
                h(JsonLine, { key: at, line, on: line.index !== null && line.index === lit?.index, onLight }),
              )
            : result.text,
        )
      : h("p", { key: "problem", className: "said t2" }, sayOf(locale, "reason", problem.code, problem.args)),
  ];
};

export const JsonLine = memo(({ line: { indent, parts, index }, on, onLight }) =>
  h(
    "span",
    {
      className: on ? "jl hl" : "jl",
      ...(index !== null && { onPointerEnter: () => onLight(index, "json"), onPointerLeave: () => onLight(null) }),
    },
    "  ".repeat(indent),
    parts.map(([kind, text], at) => h("span", { key: at, className: kind }, text)),
    "\n",
  ),
);

export const Copy = ({ text, locale }) => {
  const [said, setSaid] = useState(false);
  useEffect(() => {
    if (!said) return undefined;
    const timer = setTimeout(() => setSaid(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const label = say(locale, said ? "results.copied" : "results.copy");
  return [
    h("span", { key: "said", role: "status", className: "t3 s" }, said ? label : ""),
    iconButton(said ? "check" : "copy", label, { key: "button", onClick: () => copyText(text()).then(setSaid) }),
  ];
};
