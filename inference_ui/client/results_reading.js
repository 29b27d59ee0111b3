// What an answer that is no detection says: classes, a text, or vectors.
import { createElement as h } from "react";
import { number, say } from "./i18n";
import { score, titleOf } from "./results_parts";

export const Reading = ({ reading, locale }) => [
  h(
    "div",
    { key: "head", className: "hd" },
    h("h2", null, say(locale, "results.answer")),
    reading.total > 1 && h("span", { className: "t3 num" }, number(locale, reading.total)),
  ),
  reading.text
    ? h(
        "p",
        { key: "text", className: "said", dir: "auto", tabIndex: 0, "data-testid": "answer" },
        reading.text,
      )
    : h(
        "ul",
        { key: "list", className: "said list", "data-testid": "answer" },
        reading.classes.length ? classes(reading.classes) : vectors(reading.vectors, locale),
        left(reading, locale),
      ),
];

const classes = (list) => {
  const most = list.reduce((highest, { confidence }) => Math.max(highest, confidence ?? 0), 1);
  return list.map(({ name, confidence }, at) =>
    h(
      "li",
      { key: at },
      h("bdi", { className: "cut", title: titleOf(name) }, titleOf(name)),
      confidence !== null &&
        h(
          "span",
          { className: "meter", "aria-hidden": true },
          h("i", { style: { width: `${(Math.max(0, confidence) / most) * 100}%` } }),
        ),
      h("span", { className: "num" }, confidence === null ? "—" : score(confidence)),
    ),
  );
};

const short = (value) => Number(value.toPrecision(3));

const vectors = (list, locale) =>
  list.map(({ length, first }, at) =>
    h(
      "li",
      { key: at, className: "vector" },
      h("span", null, say(locale, "results.vector", { length })),
      h(
        "span",
        { className: "mono t2" },
        `[${first.map(short).join(", ")}${length > first.length ? ", …" : ""}]`,
      ),
    ),
  );

const left = ({ classes: named, vectors: given, total }, locale) => {
  const count = total - named.length - given.length;
  return (
    count > 0 && h("li", { key: "left", className: "t3" }, say(locale, "results.more", { count }))
  );
};
