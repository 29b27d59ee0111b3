// Boxes over a picture, in pixels of the pane, so that lines and letters keep their size at every
// scale. Labels come after all boxes, the lit one last; none is cut at the edge.
import { createElement as h, memo, useMemo } from "react";
import { labelled, meets, placed, roomFor, whole } from "./results_geometry";
import { coloursOf, labelOf, score, shorten, titleOf } from "./results_parts";

const PADDING = 5;
const FONT = "600 12px";
const WIDEST = 320; // pixels of a label
const NARROWEST = 80;
const MANY = 300; // boxes; of more, those that are out of sight are not drawn
const MOST_LABELS = 500; // of boxes in sight, the surest: more of them hide the picture and each other

const DIRECTED = /[\u0590-\u08ff\u200e-\u202e\u2066-\u2069\ufb1d-\ufefc]/; // from right to left

let canvas = null;
const widths = new Map();

// How many pixels a text takes in the weight and size of labels.
export const widthOf = (text) => {
  if (!widths.has(text)) {
    if (widths.size > 5000) widths.clear();
    canvas ??= document.createElement("canvas").getContext("2d");
    canvas.font = `${FONT} ${getComputedStyle(document.body).fontFamily}`;
    widths.set(text, Math.ceil(canvas.measureText(text).width));
  }
  return widths.get(text);
};

// The name and the confidence of a label, the name cut so that both are no wider than `most`.
const captionOf = (object, most) => {
  const tail = ` (${score(object.confidence)})`;
  let name = shorten(object.name, 60);
  for (let letters = 60; letters > 1 && widthOf(name + tail) > most - 2 * PADDING;) {
    letters = Math.min(letters - 1, Math.floor(name.length * 0.8));
    name = shorten(object.name, Math.max(1, letters));
  }
  return { name, tail, width: Math.min(widthOf(name + tail) + 2 * PADDING, most) };
};

const area = ({ box: [x1, y1, x2, y2] }) => (x2 - x1) * (y2 - y1);

// `on` has a flag for each object that is shown; without it all are.
export const Boxes = memo(({ objects, on, view, picture, pane, lit, onLight }) => {
  const styleOf = useMemo(() => coloursOf(objects.map(({ name }) => name)), [objects]);
  const most = Math.max(NARROWEST, Math.min(WIDEST, pane.width));
  const drawn = useMemo(
    () =>
      objects
        .map((object, index) => ({ object, index }))
        .filter(({ object, index }) => object.box && (!on || on[index]))
        .map((one) => ({ ...one, ...styleOf(one.object.name), ...captionOf(one.object, most) })),
    [objects, on, styleOf, most],
  );
  // Of boxes that lie on each other, the pointer must find the smallest: it is drawn last.
  const bySize = useMemo(
    () => [...drawn].sort((one, other) => area(other.object) - area(one.object)),
    [drawn],
  );
  const frame = whole(pane);
  const inSight =
    drawn.length > MANY ? ({ object }) => meets(placed(object.box, view), frame) : () => true;
  const room = roomFor(picture, pane, Math.max(0, ...drawn.map(({ width }) => width)));
  // Of labels that lie on each other, the surest is read; the lit one in any case.
  const bySureness = useMemo(
    () => [...drawn].sort((one, other) => one.object.confidence - other.object.confidence),
    [drawn],
  );
  const last = bySureness.find(({ index }) => index === lit);
  const order = last ? [...bySureness.filter((one) => one !== last), last] : bySureness;
  const pointer = (index) => ({
    onPointerEnter: () => onLight(index),
    onPointerLeave: () => onLight(null),
  });
  return [
    h(
      "g",
      { key: "boxes" },
      bySize.filter(inSight).map(({ object, index, colour, dashed }) => {
        const at = placed(object.box, view);
        return h(
          "g",
          {
            key: index,
            className: `b${index === lit ? " lit" : ""}${dashed ? " dashed" : ""}`,
            style: { "--c": colour },
            "aria-label": labelOf(object),
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
      order
        .filter(inSight)
        .slice(-MOST_LABELS)
        .map(({ object, index, colour, name, tail, width }) => {
          const at = labelled(placed(object.box, view), width, room, frame);
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
            name !== object.name && h("title", null, titleOf(object.name)),
            h("rect", { ...at, rx: 2 }),
            h(
              "text",
              { x: at.x + PADDING, y: at.y + 13 },
              DIRECTED.test(name) ? h("tspan", { className: "iso" }, name) : name,
              tail,
            ),
          );
        }),
    ),
  ];
});
