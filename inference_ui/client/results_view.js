// What is seen of a picture, and the means to change it: wheel, fingers, dragging, keys, buttons.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { clamp, fitted, kept, pinched, scaled } from "./results_geometry";

const STEP = 1.25; // of a key or button
const PAN = 64; // pixels of a key
const LINE = 33; // pixels of a line, for wheels that turn by lines
const WHEEL = 0.002;
const FINE_WHEEL = 0.01; // of a trackpad's pinch, which comes as a wheel with Ctrl, in small turns …
const FINE_MOST = 12; // … and from a mouse in large ones

export const usePane = (box) => {
  const [pane, setPane] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const measure = () =>
      setPane({ width: box.current.clientWidth, height: box.current.clientHeight });
    measure();
    const watcher = new ResizeObserver(measure);
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, [box]);
  return pane;
};

const factorOf = (event) => {
  const turn = event.deltaMode === 1 ? event.deltaY * LINE : event.deltaY;
  if (event.ctrlKey) return Math.exp(-clamp(turn, -FINE_MOST, FINE_MOST) * FINE_WHEEL);
  return Math.exp(-turn * WHEEL);
};

// A view that was chosen by hand stays for pictures of the same size. `onMove` is told of the arrow
// keys: -1 or 1.
export const useView = (box, picture, pane, onMove) => {
  const [chosen, setChosen] = useState(null);
  const dimensions = picture ? `${picture.width}x${picture.height}` : "";
  const mine = chosen !== null && chosen.of === dimensions;
  const whole = useMemo(() => (picture ? fitted(picture, pane) : null), [picture, pane]);
  const held = useMemo(
    () => (mine ? kept(chosen, picture, pane) : null),
    [mine, chosen, picture, pane],
  );
  const view = held ?? whole;
  // Several turns of a wheel may come between two paintings: each begins where the last one ended.
  const latest = useRef();
  latest.current = view;
  const choose = (next) => {
    latest.current = kept(next, picture, pane);
    setChosen({ ...latest.current, of: dimensions });
  };
  const fit = () => setChosen(null);
  const zoomTo = (scale, x = pane.width / 2, y = pane.height / 2) =>
    latest.current && choose(scaled(latest.current, scale, x, y, whole.scale));
  const zoom = (factor, x, y) => latest.current && zoomTo(latest.current.scale * factor, x, y);
  const pan = (x, y) =>
    latest.current &&
    choose({ ...latest.current, x: latest.current.x + x, y: latest.current.y + y });

  const pointOf = ({ clientX, clientY }) => {
    const { left, top } = box.current.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  };

  const wheel = useRef();
  wheel.current = (event) => {
    if (!latest.current) return;
    event.preventDefault(); // or the browser zooms the page
    const { x, y } = pointOf(event);
    zoom(factorOf(event), x, y);
  };
  useEffect(() => {
    const element = box.current;
    const onWheel = (event) => wheel.current(event);
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [box]);

  const fingers = useRef(new Map());
  const release = ({ pointerId }) => fingers.current.delete(pointerId);
  const handlers = {
    onPointerDown: (event) => {
      if (event.button !== 0 || !latest.current || fingers.current.size > 1) return;
      fingers.current.set(event.pointerId, pointOf(event));
      box.current.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event) => {
      const before = fingers.current.get(event.pointerId);
      if (!before || !latest.current) return;
      const now = pointOf(event);
      fingers.current.set(event.pointerId, now);
      const other = [...fingers.current].find(([id]) => id !== event.pointerId)?.[1];
      if (other) choose(pinched(latest.current, before, now, other, whole.scale));
      else if (now.x !== before.x || now.y !== before.y) pan(now.x - before.x, now.y - before.y);
    },
    onPointerUp: release,
    onPointerCancel: release,
    onLostPointerCapture: release,
    onDoubleClick: (event) => {
      const { x, y } = pointOf(event);
      if (mine) fit();
      else zoomTo(1, x, y);
    },
    onKeyDown: (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const act =
        event.shiftKey && event.key in PANS ? () => pan(...PANS[event.key]) : acts[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    },
  };
  const acts = {
    "+": () => zoom(STEP),
    "=": () => zoom(STEP),
    "-": () => zoom(1 / STEP),
    _: () => zoom(1 / STEP),
    0: fit,
    1: () => zoomTo(1),
    ArrowUp: () => onMove(-1),
    ArrowLeft: () => onMove(-1),
    ArrowDown: () => onMove(1),
    ArrowRight: () => onMove(1),
  };
  return {
    view,
    fits: !mine,
    fit,
    zoomTo,
    zoomIn: acts["+"],
    zoomOut: acts["-"],
    pointOf,
    handlers,
  };
};

const PANS = {
  ArrowUp: [0, PAN],
  ArrowDown: [0, -PAN],
  ArrowLeft: [PAN, 0],
  ArrowRight: [-PAN, 0],
};
