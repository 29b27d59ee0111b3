// The picture of an item with its boxes: fitted to the pane, or at any scale, moved by dragging.
// Picture and boxes change together: those of the item before stay until the new picture is decoded.
import { createElement as h, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { number, say, sayOf, size, useLocale } from "./i18n";
import { Boxes } from "./results_boxes";
import { Filters } from "./results_filters";
import { FormatNote, FormatPick } from "./results_format";
import { passes, pathOf, whyNot } from "./results_ask";
import { icon, said } from "./results_parts";
import { Remarks } from "./results_remarks";
import { shownOf } from "./results_shown";
import { Toolbar } from "./results_toolbar";
import { usePane, useView } from "./results_view";

const AGAIN_MS = 2000; // until a server that is away is asked again
const PATIENCE_MS = 300; // so long may the item before stay in sight
const COARSE = 3; // the scale from which on pixels are shown as squares
const NO_OBJECTS = [];

// Return the item whose picture can be shown now: {item, src}, or {item, problem}, or {item, waiting}.
const useDecoded = (taskId, generation, item) => {
  const [shown, setShown] = useState(null);
  useEffect(() => {
    if (!item) return undefined;
    if (!item.picture) {
      setShown({ item, problem: item.picture_problem });
      return undefined;
    }
    let late = false;
    const show = (what) => !late && setShown({ item, ...what });
    const src = pathOf(taskId, item.number, "picture", generation);
    const timer = setTimeout(() => show({ waiting: true }), PATIENCE_MS);
    let again = 0;
    const load = async () => {
      const image = new Image();
      image.src = src;
      try {
        await image.decode();
        show({ src });
      } catch {
        const problem = await whyNot(src);
        show({ problem });
        if (!late && passes(problem)) again = setTimeout(load, AGAIN_MS);
      }
      clearTimeout(timer);
    };
    load();
    return () => {
      late = true;
      clearTimeout(timer);
      clearTimeout(again);
    };
  }, [taskId, generation, item]);
  return shown;
};

const LOOKED_AT = 200; // rows of the list

// Whether the task detects objects, by its first rows and what was shown of it: only then is there
// something to filter, and the place for it stays.
const useDetections = (list, { total }, item) => {
  const known = useRef(null);
  const isDetection = (position) => typeof list.row(position)?.objects === "number";
  if (known.current !== list) {
    const positions = Array.from({ length: Math.min(total, LOOKED_AT) }, (_, at) => at);
    if (item?.objects || positions.some(isDetection)) known.current = list;
  }
  return known.current === list;
};

export const Picture = ({
  list,
  state,
  item,
  failure,
  lit,
  onLight,
  choices,
  onChoose,
  onMove,
  children,
}) => {
  const locale = useLocale();
  const box = useRef(null);
  const pane = usePane(box);
  const decoded = useDecoded(list.taskId, state.generation, item);
  const shown = failure ? { item: null, problem: failure } : decoded;
  const picture = shown?.src ? shown.item.picture : null;
  const seen = useView(box, picture, pane, onMove);
  const { view } = seen;
  const light = useCallback((index) => onLight(index, "picture"), [onLight]);
  const current = Boolean(failure) || shown?.item === item;
  const objects = shown?.item?.objects ?? NO_OBJECTS;
  const filtered = useMemo(() => shownOf(objects, choices), [objects, choices]);
  const detections = useDetections(list, state, item);
  return h(
    "section",
    { className: "vw", "aria-label": say(locale, "results.picture") },
    h(
      Toolbar,
      { item, seen, locale, last: children },
      item?.objects && h(FormatPick, { item, onChoose, locale }),
    ),
    item?.package &&
      detections &&
      h(FormatNote, { key: list.taskId, list, item, choices, onChoose, locale }),
    item && h(Remarks, { item, onChoose, locale }),
    h(
      "div",
      {
        ref: box,
        className: view && !seen.fits ? "cv free" : "cv",
        tabIndex: 0,
        role: "group",
        "aria-label": say(locale, "results.canvas"),
        "aria-busy": !current,
        ...seen.handlers,
        "data-testid": "canvas",
        "data-item": shown?.item?.number,
      },
      view &&
        h("img", {
          src: shown.src,
          alt: shown.item.name,
          draggable: false,
          className: view.scale >= COARSE ? "coarse" : "",
          style: {
            width: picture.width * view.scale,
            height: picture.height * view.scale,
            transform: `translate(${view.x}px, ${view.y}px)`,
          },
        }),
      view &&
        h(Overlay, {
          objects,
          on: filtered.on,
          view,
          picture,
          pane,
          lit: current ? lit : null,
          onLight: light,
        }),
      shown && !view && placeholder(shown, locale),
    ),
    h(
      "div",
      { className: "hud num" },
      ...facts(
        list.taskId,
        item,
        current && Boolean(view),
        locale,
        h(Cursor, { key: "cursor", box, seen, picture, locale }),
      ),
    ),
    detections &&
      h(Filters, { objects: shown?.item?.objects, shown: filtered, choices, onChoose, locale }),
  );
};

// Boxes over the picture.
const Overlay = ({ view, picture, pane, ...more }) => {
  const place = useMemo(
    () => ({
      x: view.x,
      y: view.y,
      width: picture.width * view.scale,
      height: picture.height * view.scale,
    }),
    [view, picture],
  );
  return h(
    "svg",
    { width: pane.width, height: pane.height, className: "over" },
    h(Boxes, { view, picture: place, pane, ...more }),
  );
};

const placeholder = ({ problem, waiting }, locale) =>
  h(
    "div",
    { className: "none", "data-testid": "no-picture" },
    icon("picture"),
    h("p", null, waiting ? say(locale, "results.picture_coming") : said(problem, locale)),
  );

// The pixel of the picture that the pointer is over.
const Cursor = ({ box, seen, picture, locale }) => {
  const [at, setAt] = useState(null);
  useEffect(() => {
    const element = box.current;
    const onMove = (event) => setAt(event.pointerType === "touch" ? null : seen.pointOf(event));
    const onLeave = () => setAt(null);
    element.addEventListener("pointermove", onMove);
    element.addEventListener("pointerleave", onLeave);
    return () => {
      element.removeEventListener("pointermove", onMove);
      element.removeEventListener("pointerleave", onLeave);
    };
  }, [box]);
  const { view } = seen;
  const x = at && view ? Math.floor((at.x - view.x) / view.scale) : -1;
  const y = at && view ? Math.floor((at.y - view.y) / view.scale) : -1;
  const over = picture && x >= 0 && y >= 0 && x < picture.width && y < picture.height;
  return h(
    "span",
    { className: "cursor", "data-testid": "cursor" },
    over ? say(locale, "results.cursor", { x, y }) : "",
  );
};

const facts = (taskId, item, isShown, locale, cursor) => {
  if (!item) return [];
  const { picture } = item;
  const left = picture
    ? `${number(locale, picture.width)} × ${number(locale, picture.height)} · ${size(locale, picture.size)}`
    : "";
  const origin = picture && picture.origin !== "INPUT" && sayOf(locale, "results", picture.origin);
  return [
    h("span", { key: "size", "data-testid": "picture-size" }, left),
    ...(picture?.shown_width ? reduced(taskId, item, isShown, locale) : []),
    origin && h("span", { key: "origin", className: "cut", title: picture.name }, origin),
    cursor,
    h("span", { key: "grow", className: "grow" }),
    item.ms !== null &&
      h("span", { key: "ms" }, say(locale, "results.latency", { ms: Math.round(item.ms) })),
  ];
};

// A large picture is shown by a copy; the picture itself can be saved, also where there is none.
const reduced = (taskId, { number, picture }, isShown, locale) => [
  isShown &&
    h(
      "span",
      { key: "reduced", className: "cut", "data-testid": "picture-reduced" },
      say(locale, "results.reduced", { width: picture.shown_width, height: picture.shown_height }),
    ),
  h(
    "a",
    { key: "original", href: pathOf(taskId, number, "original"), download: "" },
    say(locale, "results.original"),
  ),
];
