// How confidences, and how objects among pictures, are spread. Each bar leads to what it counts.
import { createElement as h } from "react";
import { Link } from "react-router";
import { number, say } from "./i18n";
import { addressOf } from "./results_overview_parts";

const QUARTERS = [0, 0.25, 0.5, 0.75, 1];
const EACH = 5; // every fifth number of objects is written below its bar; …
const FEW = 12; // … up to so many all of them
const WIDE = 3; // a bar of many numbers is so many times as wide as that of one
const STEPS = 4; // more bars of that kind than these, and only every second is named

export const Confidences = ({ taskId, overview, counted, locale }) => {
  const { confidences, confidence_items: items } = overview;
  const bins = confidences.length;
  const bars = confidences.map((objects, at) => {
    const [above, below] = [(at / bins).toFixed(2), ((at + 1) / bins).toFixed(2)];
    return {
      value: objects,
      width: 1,
      to: addressOf(taskId, { above, below }),
      text: say(locale, "results.confidence_bar", { above, below, objects, items: items[at] }),
    };
  });
  const ticks = QUARTERS.map((share) => ({ at: share, text: String(share) }));
  return h(Histogram, { name: "confidences", bars, ticks, edges: true, counted, locale });
};

export const Ranges = ({ taskId, overview, counted, locale }) => {
  const { ranges } = overview;
  const bars = ranges.map((range) => ({
    value: range.items,
    width: range.least === range.most ? 1 : WIDE,
    to: addressOf(taskId, soMany(range)),
    text: say(locale, "results.range_bar", { objects: inWords(range, locale), items: range.items }),
  }));
  return h(Histogram, {
    name: "ranges",
    bars,
    ticks: ticksOf(ranges, bars, locale),
    counted,
    locale,
  });
};

const soMany = ({ least, most }) => {
  if (most === 0) return { kind: "EMPTY" };
  return most === null ? { least } : { least, most };
};

const inWords = ({ least, most }, locale) => {
  if (most === 0) return say(locale, "results.nothing");
  if (least === most) return say(locale, "results.objects", { count: least });
  if (most === null) return say(locale, "results.objects_from", { from: least });
  return say(locale, "results.objects_between", { from: least, to: most });
};

// Whether the bar at a place has its number below it: those of one number now and then, those of many
// as far as there is room.
const isNamed = (ranges, place) => {
  const { least, most } = ranges[place];
  const steps = ranges.filter((range) => range.least !== range.most).length;
  if (least !== most) return steps <= STEPS || (ranges.length - place) % 2 === 1;
  if (ranges.length <= FEW) return true;
  return least % EACH === 0 && (steps <= STEPS || place < ranges.length - steps - 1);
};

// Numbers below the middle of their bars.
const ticksOf = (ranges, bars, locale) => {
  const units = bars.reduce((sum, { width }) => sum + width, 0);
  let at = 0;
  const ticks = ranges.map(({ least, most }, place) => {
    const { width } = bars[place];
    at += width;
    const text = least === most ? number(locale, least) : `>${number(locale, least - 1)}`;
    return { at: (at - width / 2) / units, text };
  });
  return ticks.filter((_, place) => isNamed(ranges, place));
};

// The smallest round number that is not below a value, and whose half is a whole one.
const roundUp = (value) => {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  const round = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power);
  return round.find((one) => one >= value && one % 2 === 0);
};

// `bars` are {value, width in units, to, text}, `ticks` {at: a share of the width, text}; `edges`: the
// first and the last of these stand at the ends.
const Histogram = ({ name, bars, ticks, edges = false, counted, locale }) => {
  const highest = Math.max(...bars.map(({ value }) => value), 0);
  const top = roundUp(highest);
  const units = bars.reduce((sum, { width }) => sum + width, 0);
  return h(
    "section",
    { className: "panel hg", "data-testid": name },
    h(
      "header",
      null,
      h("h2", null, say(locale, `results.${name}`)),
      h("span", { className: "t3 s" }, say(locale, `results.${name}_unit`)),
    ),
    highest === 0 && counted
      ? h("p", { className: "none" }, say(locale, `results.${name}_none`))
      : h(
          "div",
          { className: "chart num" },
          h(
            "div",
            { className: "plot" },
            h("div", { className: "grid", "aria-hidden": true }, h("i"), h("i"), h("i")),
            h(
              "ol",
              { className: "cols", style: { maxWidth: units * 48 } },
              bars.map((bar, at) => h(Column, { key: at, bar, top, after: at * 2 < bars.length })),
            ),
          ),
          h(
            "div",
            { className: "ys", "aria-hidden": true },
            [top, top / 2, 0].map((value) =>
              h("span", { key: value }, highest ? number(locale, value) : ""),
            ),
          ),
          h(
            "div",
            {
              className: edges ? "xs edges" : "xs",
              "aria-hidden": true,
              style: { maxWidth: units * 48 },
            },
            ticks.map(({ at, text }) =>
              h("span", { key: at, style: { left: `${at * 100}%` } }, text),
            ),
          ),
        ),
  );
};

const Column = ({ bar: { value, width, to, text }, top, after }) =>
  h(
    "li",
    { style: { flexGrow: width } },
    value > 0 &&
      h(
        Link,
        { to, className: "co", "aria-label": text, "data-testid": "column", "data-value": value },
        h("i", { style: { height: `${(value / top) * 100}%` } }),
        h("span", { className: after ? "tip after" : "tip", "aria-hidden": true }, text),
      ),
  );
