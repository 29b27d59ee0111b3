// Boxes over a picture, in pixels of the pane, so that lines and letters keep their size at every
// scale. Labels come after all boxes, the lit one last; none is cut at the edge.
import { createElement as h, memo, useMemo } from "react";
import { coloursOf, labelOf } from "./results_parts";

const LABEL = 18;
const PADDING = 5;
const FONT = "600 12px";
const FAR = 100000; // pixels; beyond it browsers draw lines wrongly

let canvas = null;
const widths = new Map();

const widthOf = (text) => {
  if (!widths.has(text)) {
    if (widths.size > 5000) widths.clear();
    canvas ??= document.createElement("canvas").getContext("2d");
    canvas.font = `${FONT} ${getComputedStyle(document.body).fontFamily}`;
    widths.set(text, Math.ceil(canvas.measureText(text).width));
  }
  return widths.get(text);
};

const near = (value) => Math.max(-FAR, Math.min(FAR, value));

// Where a box stands in the pane: {x, y, width, height}.
export const placed = ([x1, y1, x2, y2], { scale, x, y }) => {
  const left = near(x + x1 * scale);
  const top = near(y + y1 * scale);
  return { x: left, y: top, width: near(x + x2 * scale) - left, height: near(y + y2 * scale) - top };
};

// Where a label stands: above the upper left corner of its box; below the corner when there is no
// room above; moved so that it stays within `room` as long as its box can be seen there.
export const labelled = (box, width, room) => {
  const seen =
    box.x < room.x + room.width &&
    box.x + box.width > room.x &&
    box.y < room.y + room.height &&
    box.y + box.height > room.y;
  let x = box.x - 1;
  let y = box.y - LABEL - 1;
  if (seen) {
    if (y < room.y) y = Math.max(box.y - 1, room.y);
    x = Math.max(room.x, Math.min(x, room.x + room.width - width));
    y = Math.max(room.y, Math.min(y, room.y + room.height - LABEL));
  }
  return { x, y, width, height: LABEL };
};

const clamp = (value, least, most) => Math.max(least, Math.min(most, value));

// The part of the pane that the picture covers, or the pane where that is too narrow for labels.
const roomFor = (picture, pane, widest) => {
  const x = clamp(picture.x, 0, pane.width);
  const y = clamp(picture.y, 0, pane.height);
  const width = clamp(picture.x + picture.width, 0, pane.width) - x;
  const height = clamp(picture.y + picture.height, 0, pane.height) - y;
  return width >= widest && height >= 2 * LABEL ? { x, y, width, height } : { x: 0, y: 0, ...pane };
};

export const Boxes = memo(({ objects, view, picture, pane, lit, onLight }) => {
  const drawn = useMemo(() => {
    const styleOf = coloursOf(objects.map(({ name }) => name));
    return objects
      .map((object, index) => ({ object, index, text: labelOf(object), ...styleOf(object.name) }))
      .filter(({ object }) => object.box);
  }, [objects]);
  // Of boxes that lie on each other, the pointer must find the smallest: it is drawn last.
  const bySize = useMemo(() => [...drawn].sort((one, other) => area(other.object) - area(one.object)), [drawn]);
  const widest = Math.max(0, ...drawn.map(({ text }) => widthOf(text) + 2 * PADDING));
  const room = roomFor(picture, pane, Math.min(widest, pane.width));
  const order = lit === null ? drawn : [...drawn].sort((one, other) => (one.index === lit) - (other.index === lit));
  const pointer = (index) => ({ onPointerEnter: () => onLight(index), onPointerLeave: () => onLight(null) });
  return [
    h(
      "g",
      { key: "boxes" },
      bySize.map(({ object, index, text, colour, dashed }) => {
        const at = placed(object.box, view);
        return h(
          "g",
          {
            key: index,
            className: `b${index === lit ? " lit" : ""}${dashed ? " dashed" : ""}`,
            style: { "--c": colour },
            "aria-label": text,
            role: "img",
            "data-testid": "box",
            "data-index": index,
            ...pointer(index),
          },
          h("rect", { className: "h", ...at }),
          h("rect", { className: "o", ...at }),
        );
      }),
    ),
    h(
      "g",
      { key: "labels", "aria-hidden": true },
      order.map(({ object, index, text, colour }) => {
        const width = Math.min(widthOf(text) + 2 * PADDING, Math.max(pane.width, 1));
        const at = labelled(placed(object.box, view), width, room);
        return h(
          "g",
          {
            key: index,
            className: `b lab${index === lit ? " lit" : ""}`,
            style: { "--c": colour },
            "data-testid": "box-label",
            "data-index": index,
            ...pointer(index),
          },
          h("rect", { ...at, rx: 2 }),
          h("text", { x: at.x + PADDING, y: at.y + 13 }, text),
        );
      }),
    ),
  ];
});

const area = ({ box: [x1, y1, x2, y2] }) => (x2 - x1) * (y2 - y1);
