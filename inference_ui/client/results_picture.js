// The picture of an item with its boxes: fitted to the pane, or at any scale, moved by dragging.
// Picture and boxes change together: those of the item before stay until the new picture is decoded.
import { createElement as h, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { number, say, sayOf, size, useLocale } from "./i18n";
import { Boxes } from "./results_boxes";
import { pathOf, whyNot } from "./results_items";
import { icon, iconButton, said } from "./results_parts";

const PATIENCE_MS = 300; // so long may the item before stay in sight
const LARGEST_FIT = 8;
const MARGIN = 2; // for the lines of boxes at the picture's edge
const SCALES = [0.02, 40];
const STEP = 1.25;

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
    const image = new Image();
    image.src = src;
    const timer = setTimeout(() => show({ waiting: true }), PATIENCE_MS);
    image
      .decode()
      .then(() => show({ src }))
      .catch(async () => show({ problem: await whyNot(src) }))
      .finally(() => clearTimeout(timer));
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [taskId, generation, item]);
  return shown;
};

const usePane = (box) => {
  const [pane, setPane] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const measure = () =>
      setPane({ width: box.current.clientWidth, height: box.current.clientHeight });
    const watcher = new ResizeObserver(measure);
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, [box]);
  return pane;
};

const fitted = (picture, pane) => {
  const wide = (pane.width - 2 * MARGIN) / picture.width;
  const high = (pane.height - 2 * MARGIN) / picture.height;
  const fit = Math.min(wide, high, LARGEST_FIT);
  const scale = Math.max(fit, 0.0001);
  return {
    scale,
    x: (pane.width - picture.width * scale) / 2,
    y: (pane.height - picture.height * scale) / 2,
  };
};

// Scale so that the point (x, y) of the pane stays where it is.
const scaled = (view, scale, x, y) => {
  const next = Math.max(SCALES[0], Math.min(SCALES[1], scale));
  const by = next / view.scale;
  return { scale: next, x: x - (x - view.x) * by, y: y - (y - view.y) * by };
};

// Return what is seen of the picture, and the means to change it. A view that was chosen by hand
// stays for pictures of the same size.
const useView = (box, picture, pane) => {
  const [chosen, setChosen] = useState(null);
  const dimensions = picture ? `${picture.width}x${picture.height}` : "";
  const mine = chosen !== null && chosen.of === dimensions;
  const view = !picture ? null : mine ? chosen : fitted(picture, pane);
  const latest = useRef();
  latest.current = view;
  const choose = (next) => setChosen({ ...next, of: dimensions });
  const zoom = (factor, x = pane.width / 2, y = pane.height / 2) =>
    latest.current && choose(scaled(latest.current, latest.current.scale * factor, x, y));

  const wheel = useRef();
  wheel.current = (event) => {
    if (!latest.current) return;
    event.preventDefault();
    const { left, top } = box.current.getBoundingClientRect();
    const turn = event.deltaMode === 1 ? event.deltaY * 33 : event.deltaY;
    zoom(Math.exp(-turn * 0.002), event.clientX - left, event.clientY - top);
  };
  useEffect(() => {
    const element = box.current;
    const onWheel = (event) => wheel.current(event);
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [box]);

  const onPointerDown = (event) => {
    if (event.button !== 0 || !view) return;
    const from = { x: event.clientX - view.x, y: event.clientY - view.y, scale: view.scale };
    const move = ({ clientX, clientY }) =>
      choose({ scale: from.scale, x: clientX - from.x, y: clientY - from.y });
    const up = () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up);
  };
  return {
    view,
    fits: !mine,
    fit: () => setChosen(null),
    actual: () => zoom(1 / latest.current.scale),
    zoom,
    onPointerDown,
  };
};

const NO_OBJECTS = [];

export const Picture = ({ list, state, item, failure, lit, onLight, children }) => {
  const locale = useLocale();
  const box = useRef(null);
  const pane = usePane(box);
  const decoded = useDecoded(list.taskId, state.generation, item);
  const shown = failure ? { item: null, problem: failure } : decoded;
  const picture = shown?.src ? shown.item.picture : null;
  const { view, fits, fit, actual, zoom, onPointerDown } = useView(box, picture, pane);
  const light = useCallback((index) => onLight(index, "picture"), [onLight]);
  const current = Boolean(failure) || shown?.item === item;
  const onKeyDown = (event) => {
    if (!view || event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = { "+": () => zoom(STEP), "=": () => zoom(STEP), "-": () => zoom(1 / STEP), 0: fit, 1: actual };
    if (acts[event.key]) acts[event.key]();
  };
  return h(
    "section",
    { className: "vw", "aria-label": say(locale, "results.picture") },
    h(
      "div",
      { className: "tb" },
      h("span", { className: "name cut", title: item?.name, "data-testid": "item-name" }, ...parts(item?.name ?? "")),
      h("span", { className: "grow" }),
      item?.objects &&
        h(
          "span",
          { className: "fmt", title: say(locale, "results.box_format") },
          "box_format ",
          h("b", null, item.box_format),
        ),
      iconButton("zoom-out", say(locale, "results.zoom_out"), { onClick: () => zoom(1 / STEP), disabled: !view }),
      h("span", { className: "num t2 pct", "data-testid": "scale" }, view ? `${Math.round(view.scale * 100)}%` : ""),
      iconButton("zoom-in", say(locale, "results.zoom_in"), { onClick: () => zoom(STEP), disabled: !view }),
      iconButton("fit", say(locale, "results.fit"), {
        onClick: fit,
        disabled: !view,
        "aria-pressed": Boolean(view) && fits,
        className: view && fits ? "on" : "",
      }),
      h(
        "button",
        {
          type: "button",
          className: "btn gho sm",
          onClick: actual,
          disabled: !view,
          title: say(locale, "results.actual"),
          "aria-label": say(locale, "results.actual"),
        },
        "1:1",
      ),
      children,
    ),
    remarks(item, locale),
    h(
      "div",
      {
        ref: box,
        className: view && !fits ? "cv free" : "cv",
        tabIndex: 0,
        role: "group",
        "aria-label": say(locale, "results.canvas"),
        "aria-busy": !current,
        onPointerDown,
        onKeyDown,
        "data-testid": "canvas",
        "data-item": shown?.item?.number,
      },
      view &&
        h("img", {
          src: shown.src,
          alt: shown.item.name,
          draggable: false,
          className: view.scale >= 3 ? "coarse" : "",
          style: {
            width: picture.width * view.scale,
            height: picture.height * view.scale,
            transform: `translate(${view.x}px, ${view.y}px)`,
          },
        }),
      view &&
        h(
          "svg",
          { width: pane.width, height: pane.height, className: "over" },
          h(Boxes, {
            objects: shown.item.objects ?? NO_OBJECTS,
            view,
            picture: {
              x: view.x,
              y: view.y,
              width: picture.width * view.scale,
              height: picture.height * view.scale,
            },
            pane,
            lit: current ? lit : null,
            onLight: light,
          }),
        ),
      shown && !view && placeholder(shown, locale),
    ),
    h("div", { className: "hud num" }, ...facts(list.taskId, item, current && Boolean(view), locale)),
  );
};

const parts = (name) =>
  name.split("/").flatMap((part, at) => (at ? [h("i", { key: at }, " / "), part] : [part]));

const remarks = (item, locale) => {
  if (!item) return null;
  const wrong = item.error ?? (item.problem && sayOf(locale, "reason", item.problem.code, item.problem.args));
  const warnings = item.warnings.map(({ code, args }) => sayOf(locale, "reason", code, args));
  return [
    wrong &&
      h(
        "div",
        { key: "wrong", className: "note bad", role: "alert", "data-testid": "item-error" },
        icon("warning"),
        h("span", null, wrong),
      ),
    warnings.length > 0 &&
      h(
        "div",
        { key: "warnings", className: "note warn", role: "note", "data-testid": "item-warnings" },
        icon("warning"),
        h("span", null, warnings.map((warning, at) => h("span", { key: at, className: "line" }, warning))),
      ),
  ];
};

const placeholder = ({ problem, waiting }, locale) =>
  h(
    "div",
    { className: "none", "data-testid": "no-picture" },
    icon("picture"),
    h("p", null, waiting ? say(locale, "results.picture_coming") : said(problem, locale)),
  );

const facts = (taskId, item, isShown, locale) => {
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
    h("span", { key: "grow", className: "grow" }),
    item.ms !== null && h("span", { key: "ms" }, say(locale, "results.latency", { ms: Math.round(item.ms) })),
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
