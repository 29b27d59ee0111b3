// Small things that the parts of the results' page share: symbols, buttons, numbers, colours.
import { createElement as h } from "react";
import { say, sayOf } from "./i18n";

export const icon = (name, className = "ic") =>
  h("svg", { className, "aria-hidden": true }, h("use", { href: `#icon-${name}` }));

// A button that shows a symbol alone, and what it is called.
export const iconButton = (name, label, props) =>
  h(
    props.href ? "a" : "button",
    {
      ...(props.href ? {} : { type: "button" }),
      "aria-label": label,
      title: label,
      ...props,
      className: `btn gho sm sq ${props.className ?? ""}`,
    },
    icon(name),
  );

// What the server refused and why, or that it could not be asked.
export const said = (failure, locale) =>
  failure.code
    ? sayOf(locale, "reason", failure.code, failure.args)
    : say(locale, "results.unreachable");

// 0.97: two digits, as labels and tables show confidences; 1.00e+308 for what no one means.
export const score = (confidence) =>
  Math.abs(confidence) < 1e6 ? confidence.toFixed(2) : confidence.toPrecision(3);

const LONGEST = 60;
const LONGEST_TITLE = 500;

// Letters as a reader counts them: an emoji of several code points is one.
const segments =
  typeof Intl.Segmenter === "function" ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : null;
const lettersOf = (text) =>
  segments ? Array.from(segments.segment(text), ({ segment }) => segment) : Array.from(text);

// The first `most` letters of a text, with … where there are more.
export const shorten = (text, most) => {
  if (text.length <= most) return text;
  const letters = lettersOf(text.slice(0, most * 16));
  const whole = letters.length <= most && text.length <= most * 16;
  return whole ? text : `${letters.slice(0, most - 1).join("")}…`;
};

export const titleOf = (text) => shorten(text, LONGEST_TITLE);

export const labelOf = ({ name, confidence }) => `${shorten(name, LONGEST)} (${score(confidence)})`;

const TAIL = 14;

// A name in two parts: the first may be cut at its end, so that the middle of the whole is.
export const split = (name) => {
  const letters = Array.from(name);
  if (letters.length <= TAIL + 4) return ["", name];
  return [letters.slice(0, -TAIL).join(""), letters.slice(-TAIL).join("")];
};

const COLOURS = 12;
const START = 0x09828145; // lets the classes that are most often looked at differ: person, car, bus…

// The colour of a class, steady wherever it appears: a class that is a number takes its place, any
// other the hash (FNV-1a) of its name.
const slotOf = (name) => (/^\d{1,6}$/.test(name) ? Number(name) : hash(name) % COLOURS);

const hash = (text) => {
  let value = START;
  for (let at = 0; at < text.length; at += 1) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  return (value ^ (value >>> 15)) >>> 0;
};

// Return a function from a class to {colour, dashed}. Dashed are numbers from the 13th on, and of
// names in one picture that share a colour all but the first in the alphabet.
export const coloursOf = (names) => {
  const first = new Map();
  const styles = new Map();
  for (const name of [...new Set(names)].sort()) {
    const slot = slotOf(name);
    const place = slot % COLOURS;
    if (!first.has(place)) first.set(place, name);
    const dashed = slot >= COLOURS || first.get(place) !== name;
    styles.set(name, { colour: `var(--c${place + 1})`, dashed });
  }
  return (name) => styles.get(name);
};
