// Where things stand in the pane of a picture; pure functions. A view is {scale, x, y}: so many pixels
// of the pane a pixel of the picture takes, and where its upper left corner is.

export const LABEL = 18; // the height of a label
const LARGEST_FIT = 8;
const MARGIN = 2; // for the lines of boxes at the picture's edge
const SCALES = [0.02, 40];
const IN_SIGHT = 64; // so much of the picture stays in the pane, wherever it is moved
const FAR = 100000; // pixels; beyond it browsers draw lines wrongly

export const clamp = (value, least, most) => Math.max(least, Math.min(most, value));

// The whole picture in the middle of the pane.
export const fitted = (picture, pane) => {
  const wide = (pane.width - 2 * MARGIN) / picture.width;
  const high = (pane.height - 2 * MARGIN) / picture.height;
  const scale = Math.max(Math.min(wide, high, LARGEST_FIT), 0.0001);
  return {
    scale,
    x: (pane.width - picture.width * scale) / 2,
    y: (pane.height - picture.height * scale) / 2,
  };
};

// Scale so that the point (x, y) of the pane stays where it is. `fit` is the scale of the whole
// picture, which may be smaller than any that one can choose else.
export const scaled = (view, scale, x, y, fit = SCALES[0]) => {
  const next = clamp(scale, Math.min(SCALES[0], fit), SCALES[1]);
  const by = next / view.scale;
  return { scale: next, x: x - (x - view.x) * by, y: y - (y - view.y) * by };
};

const held = (at, size, room) => {
  const seen = Math.min(IN_SIGHT, size, room);
  return clamp(at, seen - size, room - seen);
};

// The view, moved where the picture would be lost from sight.
export const kept = ({ scale, x, y }, picture, pane) => ({
  scale,
  x: held(x, picture.width * scale, pane.width),
  y: held(y, picture.height * scale, pane.height),
});

// The place of two fingers: their middle, and how far they are apart.
const spread = (one, other) => ({
  x: (one.x + other.x) / 2,
  y: (one.y + other.y) / 2,
  apart: Math.max(1, Math.hypot(one.x - other.x, one.y - other.y)),
});

// The view after a finger went from `before` to `now` while the `other` one stayed.
export const pinched = (view, before, now, other, fit) => {
  const [from, to] = [spread(before, other), spread(now, other)];
  const next = scaled(view, (view.scale * to.apart) / from.apart, from.x, from.y, fit);
  return { ...next, x: next.x + to.x - from.x, y: next.y + to.y - from.y };
};

const near = (value) => clamp(value, -FAR, FAR);

// Where a box stands in the pane: {x, y, width, height}.
export const placed = ([x1, y1, x2, y2], { scale, x, y }) => {
  const left = near(x + x1 * scale);
  const top = near(y + y1 * scale);
  return {
    x: left,
    y: top,
    width: near(x + x2 * scale) - left,
    height: near(y + y2 * scale) - top,
  };
};

export const meets = (box, room) =>
  box.x <= room.x + room.width &&
  box.x + box.width >= room.x &&
  box.y <= room.y + room.height &&
  box.y + box.height >= room.y;

// The part of the pane that the picture covers, or the pane where that is too narrow for labels.
export const roomFor = (picture, pane, widest) => {
  const x = clamp(picture.x, 0, pane.width);
  const y = clamp(picture.y, 0, pane.height);
  const width = clamp(picture.x + picture.width, 0, pane.width) - x;
  const height = clamp(picture.y + picture.height, 0, pane.height) - y;
  return width >= widest && height >= 2 * LABEL ? { x, y, width, height } : whole(pane);
};

export const whole = ({ width, height }) => ({ x: 0, y: 0, width, height });

// Where a label stands: above the upper left corner of its box; below the corner when there is no
// room above; moved so that it stays within `room`, or within the pane where its box is seen there
// alone.
export const labelled = (box, width, room, pane) => {
  const within = meets(box, room) ? room : meets(box, pane) ? pane : null;
  let x = box.x - 1;
  let y = box.y - LABEL - 1;
  if (within) {
    if (y < within.y) y = Math.max(box.y - 1, within.y);
    x = clamp(x, within.x, Math.max(within.x, within.x + within.width - width));
    y = clamp(y, within.y, Math.max(within.y, within.y + within.height - LABEL));
  }
  return { x, y, width, height: LABEL };
};
