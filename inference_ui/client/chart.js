// What a chart of rates says at one moment: where the pointer is, or where the arrow keys went. It
// lies over the drawing; `points` are [x, y, seconds since 1970, finished and failed per second] in
// the units of the drawing, `width` and `height`. The moment stays when the drawing moves on.
import { createElement as h, useRef, useState } from "react";
import { rate, say, timeOfDay, useLocale } from "./i18n";

const KEYS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };

export const ChartReading = ({ points, width, height, label }) => {
  const locale = useLocale();
  const box = useRef(null);
  const [moment, setMoment] = useState(null);
  const last = points.length - 1;
  const number = moment === null ? last : nearest(points, (point) => Math.abs(point[2] - moment));
  const shown = moment !== null && number >= 0;
  const [x, y, at, done, failed] = points[number] ?? [0, 0, 0, 0, 0];
  const words = say(locale, "task.chart_at", {
    time: timeOfDay(locale, at),
    done: rate(locale, done),
    failed: rate(locale, failed),
  });
  const go = (next) => setMoment(points[Math.max(0, Math.min(last, next))]?.[2] ?? null);

  const onPointerMove = (event) => {
    const seen = box.current.getBoundingClientRect();
    const place = ((event.clientX - seen.left) / seen.width) * width;
    go(nearest(points, (point) => Math.abs(point[0] - place)));
  };
  const onKeyDown = (event) => {
    const next = { Home: 0, End: last }[event.key] ?? (KEYS[event.key] && number + KEYS[event.key]);
    if (event.key === "Escape") setMoment(null);
    if (next === undefined) return;
    event.preventDefault();
    go(next);
  };
  const left = `${(100 * x) / width}%`;
  return h(
    "div",
    {
      ref: box,
      className: "reading",
      role: "slider",
      tabIndex: 0,
      "aria-label": label,
      "aria-valuemin": 1,
      "aria-valuemax": Math.max(1, points.length),
      "aria-valuenow": number + 1,
      "aria-valuetext": words,
      onPointerMove,
      onPointerLeave: () => setMoment(null),
      onFocus: () => moment === null && box.current.matches(":focus-visible") && go(last),
      onBlur: () => setMoment(null),
      onKeyDown,
      "data-testid": "chart-reading",
    },
    shown && h("i", { className: "cx", style: { left } }),
    shown && h("i", { className: "cd", style: { left, top: `${(100 * y) / height}%` } }),
    shown &&
      h(
        "span",
        { className: `tip num${x > width / 2 ? " before" : ""}`, style: { left }, "aria-hidden": true },
        words,
      ),
  );
};

const nearest = (points, distance) => {
  let best = -1;
  points.forEach((point, number) => {
    if (best < 0 || distance(point) < distance(points[best])) best = number;
  });
  return best;
};
