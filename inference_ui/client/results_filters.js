// Under a picture: its classes, each of which can be hidden, and the least confidence that is shown.
// The bar has one height for all items, whatever they hold.
import { createElement as h, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { number, say } from "./i18n";
import { widthOf } from "./results_boxes";
import { coloursOf, score, titleOf } from "./results_parts";
import { classesOf, highestOf, histogram } from "./results_shown";

const CHIP = 44; // pixels of a chip without its texts
const GAP = 6;
const NAME = 160; // pixels of a class's name at most
const MORE = 64; // pixels of the button for the rest
const STEPS = 100;
const HIGHEST_BAR = 13;

const NO_OBJECTS = [];

export const Filters = ({ objects, shown, choices, onChoose, locale }) => {
  const known = objects ?? NO_OBJECTS;
  const classes = useMemo(() => classesOf(known), [known]);
  return h(
    "div",
    {
      className: "ft",
      role: "group",
      "aria-label": say(locale, "results.filters"),
      "data-testid": "filters",
    },
    h(Classes, { classes, choices, onChoose, locale }),
    h(
      "div",
      { className: "sld num" },
      h(Least, { objects: known, choices, onChoose, locale }),
      h(
        "span",
        { className: "t3 nw said-n", role: "status", "data-testid": "shown-count" },
        known.length
          ? say(locale, "results.shown_hidden", { shown: shown.shown, hidden: shown.hidden })
          : objects && say(locale, "results.nothing"),
      ),
    ),
  );
};

// How many chips fit into so many pixels, with room for the button that shows the rest.
const fitting = (classes, room, locale) => {
  let used = 0;
  for (let at = 0; at < classes.length; at += 1) {
    const [name, count] = classes[at];
    used +=
      CHIP +
      Math.min(NAME, widthOf(name.slice(0, 80))) +
      widthOf(number(locale, count)) +
      (at ? GAP : 0);
    const last = at === classes.length - 1;
    if (used > room - (last ? 0 : MORE)) return at;
  }
  return classes.length;
};

const Classes = ({ classes, choices, onChoose, locale }) => {
  const row = useRef(null);
  const [room, setRoom] = useState(0);
  useLayoutEffect(() => {
    const measure = () => setRoom(row.current.clientWidth);
    measure();
    const watcher = new ResizeObserver(measure);
    watcher.observe(row.current);
    return () => watcher.disconnect();
  }, []);
  const styleOf = useMemo(() => coloursOf(classes.map(([name]) => name)), [classes]);
  const hidden = useMemo(() => new Set(choices.hidden), [choices.hidden]);
  const first = useMemo(() => fitting(classes, room, locale), [classes, room, locale]);
  const toggle = (name) =>
    onChoose({
      hidden: hidden.has(name)
        ? choices.hidden.filter((one) => one !== name)
        : [...choices.hidden, name],
    });
  const chip = ([name, count]) =>
    h(Chip, {
      key: name,
      name,
      count,
      style: styleOf(name),
      off: hidden.has(name),
      onToggle: toggle,
      locale,
    });
  const none = () =>
    onChoose({ hidden: [...new Set([...choices.hidden, ...classes.map(([name]) => name)])] });
  return h(
    "div",
    { className: "cl" },
    h(
      "div",
      { ref: row, className: "row" },
      classes.slice(0, first).map(chip),
      h(Rest, { classes: classes.slice(first), chip, locale }),
    ),
    h(
      "button",
      {
        type: "button",
        className: "btn gho sm all",
        onClick: hidden.size ? () => onChoose({ hidden: [] }) : none,
        disabled: !hidden.size && !classes.length,
      },
      say(locale, hidden.size ? "results.all_classes" : "results.no_class"),
    ),
  );
};

const Chip = ({ name, count, style: { colour, dashed }, off, onToggle, locale }) =>
  h(
    "button",
    {
      type: "button",
      className: off ? "ck off" : "ck",
      "aria-pressed": !off,
      title: titleOf(name),
      onClick: () => onToggle(name),
      "data-testid": "class",
    },
    h("i", { className: dashed ? "d" : "", style: { "--c": colour } }),
    h("bdi", { className: "cut" }, titleOf(name) || say(locale, "results.no_name")),
    h("b", { className: "num" }, number(locale, count)),
  );

// The classes for which the line has no room, in a layer over the picture.
const Rest = ({ classes, chip, locale }) => {
  const box = useRef(null);
  const [open, setOpen] = useState(false);
  const some = classes.length > 0;
  useEffect(() => {
    if (!some) setOpen(false);
  }, [some]);
  useEffect(() => {
    if (!open) return undefined;
    const onDown = ({ target }) => !box.current?.contains(target) && setOpen(false);
    document.addEventListener("pointerdown", onDown, true);
    return () => document.removeEventListener("pointerdown", onDown, true);
  }, [open]);
  if (!some) return null;
  const onKeyDown = (event) => {
    if (event.key !== "Escape" || !open) return;
    event.stopPropagation();
    setOpen(false);
    box.current.querySelector(".more").focus();
  };
  return h(
    "div",
    { ref: box, className: "rest", onKeyDown },
    h(
      "button",
      {
        type: "button",
        className: open ? "btn gho sm more on" : "btn gho sm more",
        "aria-expanded": open,
        "aria-label": say(locale, "results.more_classes", { count: classes.length }),
        onClick: () => setOpen(!open),
        "data-testid": "more-classes",
      },
      `+${number(locale, classes.length)}`,
    ),
    open &&
      h(
        "div",
        {
          className: "menu",
          role: "group",
          "aria-label": say(locale, "results.more_classes", { count: classes.length }),
        },
        classes.map(chip),
      ),
  );
};

const Least = ({ objects, choices: { least }, onChoose, locale }) => {
  const highest = useMemo(() => highestOf(objects), [objects]);
  const bins = useMemo(() => histogram(objects, highest), [objects, highest]);
  const most = Math.max(1, ...bins);
  const shown = score(least);
  return [
    h(
      "label",
      { key: "label", htmlFor: "least", className: "t2 nw" },
      say(locale, "results.least"),
    ),
    h("b", { key: "value", className: "least", "data-testid": "least" }, shown),
    h(
      "div",
      {
        key: "track",
        className: "tr",
        style: { "--at": `${Math.min(1, least / highest) * 100}%` },
      },
      h(
        "div",
        { className: "hist", "aria-hidden": true },
        bins.map((count, at) =>
          h("i", {
            key: at,
            className: ((at + 1) / bins.length) * highest > least ? "on" : "",
            // Half of the greatest count is more than half as high, so that few are still seen.
            style: {
              height: count ? 2 + Math.round((HIGHEST_BAR - 2) * Math.sqrt(count / most)) : 1,
            },
            "data-count": count,
          }),
        ),
      ),
      h("input", {
        id: "least",
        type: "range",
        min: 0,
        max: highest,
        step: highest / STEPS,
        value: Math.min(least, highest),
        "aria-valuetext": shown,
        onChange: (event) => onChoose({ least: event.target.valueAsNumber }),
      }),
    ),
  ];
};
