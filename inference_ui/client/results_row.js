// A row of the list of items.
import { createElement as h, memo, useEffect, useState } from "react";
import { say, sayOf } from "./i18n";
import { pathOf } from "./results_ask";
import { icon, score, split } from "./results_parts";

export const Row = memo(
  ({ at, number, row, list, generation, found, order, selected, rests, locale, top }) =>
    h(
      "div",
      {
        id: `item-${at}`,
        role: "option",
        className: selected ? "it on" : "it",
        "aria-selected": selected,
        "aria-posinset": at + 1,
        "aria-setsize": found,
        "aria-busy": !row,
        style: { transform: `translateY(${top}px)` },
        onClick: () => list.select(at),
        "data-testid": "item",
        "data-number": number,
      },
      row
        ? known(row, pathOf(list.taskId, row.number, "thumbnail", generation), rests, order, locale)
        : waiting,
    ),
);

const waiting = [
  h("span", { key: "t", className: "th" }),
  h("span", { key: "n", className: "wait" }),
];

// Rows that are not there yet, in the place of a list that is.
export const Skeleton = ({ rows }) =>
  h(
    "div",
    { className: "sks", "aria-hidden": true, "data-testid": "list-wait" },
    Array.from({ length: rows }, (_, at) => h("div", { key: at }, waiting)),
  );

const known = (row, thumbnail, rests, order, locale) => {
  const name = row.name.slice(row.name.lastIndexOf("/") + 1);
  const [head, tail] = split(name || say(locale, "results.no_name"));
  return [
    h(Thumbnail, { key: "t", src: thumbnail, rests }),
    h(
      "span",
      { key: "n", className: "two" },
      h(
        "span",
        { className: "l1", title: row.name },
        h("span", { className: "cut" }, head),
        h("span", null, tail),
      ),
      second(row, order, locale),
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

const second = (row, order, locale) => {
  const took = row.ms === null ? "" : say(locale, "results.took", { ms: Math.round(row.ms) });
  const wrong =
    row.error ?? (row.problem && sayOf(locale, "reason", row.problem.code, row.problem.args));
  const slow = order === "SLOWEST" && took;
  if (wrong) {
    const text = slow ? `${took} · ${wrong}` : wrong;
    return h("span", { className: "l2 wrong cut", title: text }, text);
  }
  return h("span", { className: "l2 num" }, slow || objects(row, locale) || took);
};

const objects = ({ objects: count, lowest }, locale) => {
  if (count === null) return "";
  if (count === 0) return say(locale, "results.nothing");
  return lowest === null
    ? say(locale, "results.objects", { count })
    : say(locale, "results.objects_lowest", { count, lowest: score(lowest) });
};

// Those that were shown before come from the browser's own memory: they need not wait.
const seen = new Set();
const MOST_SEEN = 5000;

const Thumbnail = ({ src, rests }) => {
  const [broken, setBroken] = useState(null);
  useEffect(() => {
    if (!rests) return;
    if (seen.size >= MOST_SEEN) seen.clear();
    seen.add(src);
  }, [src, rests]);
  if (broken === src) return h("span", { className: "no" }, icon("picture"));
  if (!rests && !seen.has(src)) return h("span", { className: "th" });
  return h("img", {
    src,
    alt: "",
    width: 48,
    height: 36,
    decoding: "async",
    fetchPriority: "low", // the picture that is looked at comes first
    onError: () => setBroken(src),
  });
};
