// The items that took longest, and those with the fewest objects: each leads to its place in the list.
import { createElement as h, useState } from "react";
import { Link } from "react-router";
import { say } from "./i18n";
import { pathOf } from "./results_ask";
import { addressOf, useHeld } from "./results_overview_parts";
import { icon, split } from "./results_parts";

const ORDERS = { slowest: "SLOWEST", emptiest: "FEWEST" };

export const Extremes = ({ taskId, kind, rows, generation, counted, locale }) => {
  const [shown, hold] = useHeld(rows);
  const order = ORDERS[kind];
  return h(
    "section",
    { className: "panel exs", "data-testid": kind },
    h(
      "header",
      null,
      h("h2", null, say(locale, `results.${kind}`)),
      h("span", { className: "grow" }),
      shown.length > 0 &&
        h(
          Link,
          { to: addressOf(taskId, { order }), "aria-label": say(locale, `results.${kind}_all`) },
          say(locale, "results.extremes_all"),
        ),
    ),
    shown.length > 0
      ? h(
          "ol",
          hold,
          shown.map((row) =>
            h(
              "li",
              { key: row.number },
              h(Item, {
                taskId,
                row,
                to: addressOf(taskId, { order }, row.number),
                kind,
                generation,
                locale,
              }),
            ),
          ),
        )
      : h("p", { className: "none" }, counted && say(locale, `results.${kind}_none`)),
  );
};

const Item = ({ taskId, row, to, kind, generation, locale }) => {
  const name = row.name.slice(row.name.lastIndexOf("/") + 1) || say(locale, "results.no_name");
  const [head, tail] = split(name);
  return h(
    Link,
    { to, className: "ex num", "data-testid": "extreme" },
    h(Thumbnail, { src: pathOf(taskId, row.number, "thumbnail", generation) }),
    h(
      "span",
      { className: "l1", title: row.name },
      h("span", { className: "cut" }, head),
      h("span", null, tail),
    ),
    h("span", { className: "t2" }, kind === "slowest" ? took(row, locale) : many(row, locale)),
  );
};

const took = ({ ms }, locale) => say(locale, "results.took", { ms: Math.round(ms) });

const many = ({ objects }, locale) =>
  objects === 0
    ? say(locale, "results.nothing")
    : say(locale, "results.objects", { count: objects });

const Thumbnail = ({ src }) => {
  const [broken, setBroken] = useState(null);
  if (broken === src) return h("span", { className: "no" }, icon("picture"));
  return h("img", {
    src,
    alt: "",
    width: 48,
    height: 36,
    loading: "lazy",
    decoding: "async",
    onError: () => setBroken(src),
  });
};
