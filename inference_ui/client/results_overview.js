// The results of a task in numbers: figures, how objects are spread, and the items that stand out.
// Every number leads to the items that it counts.
import { createElement as h, useEffect, useRef } from "react";
import { Link } from "react-router";
import { number, percent, rate, say, useLocale } from "./i18n";
import { Classes } from "./results_classes";
import { Extremes } from "./results_extremes";
import { Confidences, Ranges } from "./results_histograms";
import { reading as isReading, shareRead } from "./results_ask";
import { addressOf, useOverview } from "./results_overview_parts";
import { icon, said } from "./results_parts";
import { Nothing } from "./results_viewer";

export const Overview = ({ taskId }) => {
  const locale = useLocale();
  const box = useRef(null);
  const { answer, failure } = useOverview(taskId);
  const total = answer?.total ?? 0;
  useEffect(() => {
    if (total && document.activeElement === document.body)
      box.current.focus({ focusVisible: false });
  }, [total > 0]);
  if (!total) {
    return h(Nothing, { state: { known: answer !== null, ended: answer?.ended, failure }, locale });
  }
  const { overview } = answer;
  const reading = isReading(answer);
  const counted = overview.lines > 0;
  const detects = overview.detections > 0 || !counted; // until it is known, all have their place
  const parts = { taskId, overview, generation: answer.generation, counted, locale };
  return h(
    "section",
    {
      ref: box,
      className: "ov",
      tabIndex: 0,
      "aria-label": say(locale, "results.view_overview"),
      "aria-busy": reading,
      "data-testid": "overview",
    },
    h(
      "div",
      { className: "top" },
      h(Figures, { taskId, answer, locale }),
      h(Standing, { answer, failure, reading, locale }),
    ),
    detects
      ? h(
          "div",
          { className: "pair" },
          h(Classes, parts),
          h("div", { className: "stack" }, h(Confidences, parts), h(Ranges, parts)),
        )
      : h("p", { className: "t3", "data-testid": "no-detections" }, noDetections(overview, locale)),
    h(
      "div",
      { className: "pair" },
      h(Extremes, { ...parts, kind: "slowest", rows: answer.slowest }),
      detects && h(Extremes, { ...parts, kind: "emptiest", rows: answer.emptiest }),
    ),
  );
};

const noDetections = ({ counts }, locale) =>
  say(locale, counts.succeeded ? "results.no_detections" : "results.no_answers");

const Figures = ({ taskId, answer: { total, ended, overview }, locale }) => {
  const { counts, lines, detections, objects, p50_ms: p50, p95_ms: p95 } = overview;
  // Nothing is counted yet: that is not the same as none.
  const known = (value) => number(locale, lines ? value : null);
  const kind = (name, count, bad = "") =>
    h(Figure, {
      key: name,
      value: known(count),
      text: say(locale, `results.figure_${name}`, {
        share: percent(locale, lines ? count / lines : null),
      }),
      to: count ? addressOf(taskId, { kind: name }) : null,
      bad: count ? bad : "",
      testid: `figure-${name}`,
    });
  const plain = (name, value, args) =>
    h(Figure, {
      key: name,
      value,
      text: say(locale, `results.figure_${name}`, args),
      testid: `figure-${name}`,
    });
  return h(
    "div",
    { className: "figs num" },
    h(Figure, {
      value: number(locale, total),
      text: say(locale, ended ? "results.figure_items" : "results.figure_items_growing"),
      to: addressOf(taskId),
      big: true,
      testid: "figure-items",
    }),
    kind("SUCCEEDED", counts.succeeded),
    kind("FAILED", counts.failed, "bad"),
    counts.unreadable > 0 && kind("UNREADABLE", counts.unreadable, "warn"),
    detections > 0 && [
      kind("EMPTY", counts.empty),
      plain("objects", known(objects)),
      plain("mean", number(locale, objects / detections)),
    ],
    p50 !== null && plain("ms", `${rate(locale, p50)} ms`, { p95: rate(locale, p95) }),
  );
};

const Figure = ({ value, text, to, bad = "", big = false, testid }) => {
  const content = [
    h("b", { key: "value", className: bad }, value),
    h("span", { key: "text" }, text),
  ];
  const props = { className: big ? "fig big" : "fig", "data-testid": testid };
  return to ? h(Link, { to, ...props }, content) : h("div", props, content);
};

// Whether all is counted, and why not. It has its place also when there is nothing to say.
const Standing = ({ answer, failure, reading, locale }) => {
  const { total, indexed } = answer;
  const wrong = failure
    ? said(failure, locale)
    : indexed.failed && say(locale, "results.counting_failed");
  if (wrong)
    return h(
      "p",
      { className: "stand t2", role: "alert" },
      icon(failure ? "offline" : "warning"),
      wrong,
    );
  if (!reading) return h("p", { className: "stand", role: "status" });
  const share = shareRead(answer);
  const text = say(locale, "results.reading", { share: percent(locale, share) });
  return h(
    "div",
    { className: "stand num", "data-testid": "counting" },
    h("span", null, text),
    h(
      "span",
      {
        className: "bar run",
        role: "progressbar",
        "aria-label": text,
        "aria-valuemin": 0,
        "aria-valuemax": 100,
        "aria-valuenow": Math.round(share * 100),
      },
      h("i", { style: { width: `${share * 100}%` } }),
    ),
  );
};
