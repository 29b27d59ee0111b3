// Which objects of a picture are shown, by class and confidence; pure functions.

const BINS = 20;

// Return {on: a flag for each object, shown, hidden: how many}. At a least confidence of 0 all are
// shown, also those below it.
export const shownOf = (objects, { hidden, least }) => {
  const off = new Set(hidden);
  const on = objects.map(
    ({ name, confidence }) => !off.has(name) && (least <= 0 || confidence >= least),
  );
  const shown = on.filter(Boolean).length;
  return { on, shown, hidden: on.length - shown };
};

// Return the classes of a picture as [name, count], the most frequent first.
export const classesOf = (objects) => {
  const counts = new Map();
  objects.forEach(({ name }) => counts.set(name, (counts.get(name) ?? 0) + 1));
  return [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
};

// The highest confidence that can be chosen as the least: 1, or more where a model says more.
export const highestOf = (objects) =>
  objects.reduce((most, { confidence }) => Math.max(most, confidence), 1);

// Return how many objects fall into each of 20 equal parts between 0 and `highest`.
export const histogram = (objects, highest) => {
  const bins = Array(BINS).fill(0);
  objects.forEach(({ confidence }) => {
    const bin = Math.floor((confidence / highest) * BINS);
    bins[Math.max(0, Math.min(BINS - 1, bin))] += 1;
  });
  return bins;
};

// Return the indices of objects in the order that was chosen.
export const ordered = (objects, order) => {
  const indices = objects.map((_, index) => index);
  if (order !== "confidence") return indices;
  return indices.sort((a, b) => objects[b].confidence - objects[a].confidence);
};
