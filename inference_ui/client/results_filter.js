// Which items of a task are looked for, and in which order: what the address, the REST routes and
// the reader call it. Pure; parts of a page take it from results_query.
export const KINDS = ["SUCCEEDED", "FAILED", "UNREADABLE", "EMPTY"];
export const ORDERS = ["", "LOWEST", "SLOWEST", "FEWEST", "MOST"];
export const PARAMETERS = ["q", "kind", "class", "least", "most", "above", "below", "order"];

// All items as they came. `text` is a part of the name; `classes`: with an object of any of them;
// `least` and `most` objects; `above` and `below`: with an object whose confidence is at least the
// one and less than the other, in twentieths. null is no condition.
export const EMPTY = Object.freeze({
  text: "",
  kind: "",
  classes: Object.freeze([]),
  least: null,
  most: null,
  above: null,
  below: null,
  order: "",
});

const LONGEST = 200; // letters of a text
const MOST_CLASSES = 50; // an address has an end
const STEPS = 20; // of confidence, from 0 to 1: the server tells them apart no finer

const letters = (text, most) => Array.from(text).slice(0, most).join("");
const count = (value) => (/^\d{1,9}$/.test(String(value ?? "")) ? Number(value) : null);
const share = (value) => {
  if (value === null || value === undefined || String(value).trim() === "") return null;
  const given = Number(value);
  return given >= 0 && given <= 1 ? Math.round(given * STEPS) / STEPS : null;
};
const ordered = (one, other) =>
  one !== null && other !== null && one > other ? [other, one] : [one, other];

// From one confidence to the same is from it to the next step.
const widened = ([above, below]) => {
  if (above === null || above !== below) return [above, below];
  const from = Math.min(Math.round(above * STEPS), STEPS - 1);
  return [from / STEPS, (from + 1) / STEPS];
};

// The query as it can be meant: what makes no sense is left out, limits are put in order.
export const normal = (query) => {
  const [least, most] = ordered(count(query.least), count(query.most));
  const [above, below] = widened(ordered(share(query.above), share(query.below)));
  return {
    text: letters(String(query.text ?? ""), LONGEST).trim(),
    kind: KINDS.includes(query.kind) ? query.kind : "",
    classes: [...new Set(query.classes ?? [])].filter(Boolean).slice(0, MOST_CLASSES),
    least,
    most,
    above,
    below,
    order: ORDERS.includes(query.order) ? query.order : "",
  };
};

// The query that an address says (`?kind=FAILED&…`); whatever else stands there is left aside.
export const fromAddress = (search) => {
  const said = new URLSearchParams(search);
  return normal({
    text: said.get("q"),
    kind: said.get("kind"),
    classes: said.getAll("class"),
    least: said.get("least"),
    most: said.get("most"),
    above: said.get("above"),
    below: said.get("below"),
    order: said.get("order"),
  });
};

// The same as parameters, of the address and of the REST routes alike: "kind=FAILED&class=car", ""
// for all items.
export const toSearch = (query) => {
  const { text, kind, classes, least, most, above, below, order } = normal(query);
  const said = new URLSearchParams();
  if (text) said.set("q", text);
  if (kind) said.set("kind", kind);
  classes.forEach((name) => said.append("class", name));
  Object.entries({ least, most, above, below }).forEach(
    ([name, value]) => value !== null && said.set(name, value),
  );
  if (order) said.set("order", order);
  return said.toString();
};

// Whether it finds all items as they came, and whether it leaves any out.
export const isPlain = (query) => toSearch(query) === "";
export const isFiltered = (query) => !isPlain({ ...query, order: "" });

// The item that an address names, from 1; 0 for none.
export const itemOf = (search) => count(new URLSearchParams(search).get("item")) ?? 0;

// What a text says as a number of an item: {number, only}, `only` where it can be nothing else; null
// where it says none. A name may be a number with noughts before it; an item's number has none.
export const ordinal = (text) => {
  const plain = text.normalize("NFKC").trim();
  const match = /^(#?)([1-9]\d{0,8}|[1-9]\d{0,2}(?:,\d{3}){1,2})$/.exec(plain);
  return match && { number: Number(match[2].replaceAll(",", "")), only: match[1] === "#" };
};

// Whether a text is on the way to a number that is no name.
export const isNoName = (text) => /^#[\d,]*$/.test(text.normalize("NFKC").trim());

// An address' parameters with another query; those of others stay as they are.
export const withQuery = (search, query) => {
  const said = new URLSearchParams(search);
  PARAMETERS.forEach((name) => said.delete(name));
  new URLSearchParams(toSearch(query)).forEach((value, name) => said.append(name, value));
  return said.toString();
};

export const withItem = (search, number) => {
  const said = new URLSearchParams(search);
  said.set("item", number);
  return said.toString();
};

// What two limits say together; null without any.
const range = (about, least, most, show) => {
  if (least === null && most === null) return null;
  if (most === null) return { about: `${about}_from`, from: show(least) };
  if (least === null) return { about: `${about}_to`, to: show(most) };
  if (least === most) return { about: `${about}_just`, from: show(least) };
  return { about: `${about}_between`, from: show(least), to: show(most) };
};

// The conditions one by one: `about` is what it is ("text", "kind", "class", "objects_from",
// "confidence_between", "order" …), `value` or `from` and `to` what it says, and `without` the query
// that is left when it is taken away.
export const conditions = (query) => {
  const { text, kind, classes, least, most, above, below, order } = normal(query);
  const objects = range("objects", least, most, (value) => value);
  const confidence = range("confidence", above, below, (value) => value.toFixed(2));
  return [
    text && { about: "text", value: text, without: { ...query, text: "" } },
    kind && { about: "kind", value: kind, without: { ...query, kind: "" } },
    ...classes.map((name) => ({
      about: "class",
      value: name,
      without: { ...query, classes: classes.filter((one) => one !== name) },
    })),
    objects && { ...objects, without: { ...query, least: null, most: null } },
    confidence && { ...confidence, without: { ...query, above: null, below: null } },
    order && { about: "order", value: order, without: { ...query, order: "" } },
  ].filter(Boolean);
};
