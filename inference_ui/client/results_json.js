// JSON as it was stored, set out in lines without being read as numbers: what a server wrote as
// 1.10 or 12345678901234567890 stays so. Arrays of a detection carry the number of their object; long
// arrays are shown in part.
const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*")|([-\d][\w.+-]*|true|false|null|NaN|Infinity)|([{}[\],:]))/y;
const DEEPEST = 60;
const WIDEST = 72;
const LONGEST = 300; // letters of a text that are shown
const MOST = 8; // members of an array that are shown; of more, only the …
const FIRST = 5; // … first ones
const MOST_KEYS = 200; // members of an object that are shown
const ALL_OF = 10000; // members that are shown more, when asked for
const PARALLEL = new Set(['"dclasses"', '"dobjects"', '"dconfidences"']);

const STRING = "s";
const NUMBER = "n";
const KEY = "k";
const PUNCTUATION = "p";
const LETTERS = "letters"; // how many letters are left out
const MEMBERS = "members"; // how many members a closed array or object has

class Unreadable extends Error {}

const tokens = (text) => {
  const found = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (!match) throw new Unreadable();
    found.push(match[1] ?? match[2] ?? match[3]);
  }
  return found;
};

// Arrays and objects have an `id`: their place among all of them.
const parse = (found) => {
  let at = 0;
  let ids = 0;
  const expect = (token) => {
    if (found[at] !== token) throw new Unreadable();
    at += 1;
  };
  const list = (end, member) => {
    const members = [];
    at += 1;
    while (found[at] !== end) {
      if (members.length) expect(",");
      members.push(member());
    }
    at += 1;
    return members;
  };
  const value = (depth) => {
    const token = found[at];
    if (depth > DEEPEST || token === undefined || "}],:".includes(token)) throw new Unreadable();
    if (token === "[") return { id: (ids += 1), array: list("]", () => value(depth + 1)) };
    if (token === "{") {
      return {
        id: (ids += 1),
        object: list("}", () => {
          const key = found[at];
          if (!key?.startsWith('"')) throw new Unreadable();
          at += 1;
          expect(":");
          return [key, value(depth + 1)];
        }),
      };
    }
    at += 1;
    return { token };
  };
  const root = value(0);
  if (at !== found.length) throw new Unreadable();
  return root;
};

// Return the tree of a JSON, or null for what is none or too deep.
export const parsed = (text) => {
  try {
    return parse(tokens(text));
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
};

const scalar = ({ token }) => {
  const kind = token.startsWith('"') ? STRING : NUMBER;
  if (token.length <= LONGEST + 20) return [[kind, token]];
  return [
    [kind, token.slice(0, LONGEST)],
    [LETTERS, token.length - LONGEST],
  ];
};

const inline = ({ array }) => {
  if (array.length * 3 > WIDEST || !array.every((item) => item.token)) return null;
  const width = array.reduce((sum, { token }) => sum + token.length + 2, 0);
  if (width > WIDEST) return null;
  return [
    [PUNCTUATION, "["],
    ...array.flatMap((item, at) => (at ? [[PUNCTUATION, ", "], ...scalar(item)] : scalar(item))),
    [PUNCTUATION, "]"],
  ];
};

// Return how many members are shown, and those of the rest that are: the lit one.
const seenOf = (value, fold, lit) => {
  const count = (value.array ?? value.object).length;
  if (fold === true) return { first: count, extra: null };
  const short = value.array ? (count > MOST ? FIRST : count) : MOST_KEYS;
  const first = Math.min(count, fold ?? short);
  return { first, extra: lit !== null && lit >= first && lit < count ? lit : null };
};

// How many members are shown after one asked for more of them.
export const unfolded = (first) => first + ALL_OF;

// Return lines of {indent, parts: [kind, text][], index}. `count` is the number of objects: arrays of
// another length are not taken for theirs, and `index` is null then. The line that opens an array or
// object has its `id`, whether it is `open`, and how it is called (`name`); a line of {more} stands
// for so many members. `folds` says of ids that they are closed (false), open as a whole (true), or
// how many members are shown; `lit` is the number of an object that is shown in any case.
export const linesOf = (root, count, folds = new Map(), lit = null) => {
  const lines = [];
  const add = (indent, parts, index, more) => lines.push({ indent, parts, index, ...more });
  const rest = (indent, id, from, to) =>
    to > from && add(indent, [], null, { id, more: to - from, from });
  const node = (
    value,
    indent,
    before,
    after,
    { index = null, key = null, inArray = false } = {},
  ) => {
    const line = (...parts) => add(indent, [...before, ...parts, ...after], index);
    if (value.token) return line(...scalar(value));
    const members = value.array ?? value.object;
    const [open, close] = value.array ? "[]" : "{}";
    if (!members.length) return line([PUNCTUATION, open + close]);
    const objects = value.array && PARALLEL.has(key) && members.length === count;
    const short = value.array && !objects && (inArray || index === null) && inline(value);
    if (short) return line(...short);
    const fold = folds.get(value.id);
    const toggle = { id: value.id, open: fold !== false, name: key?.slice(1, -1) ?? "" };
    if (fold === false) {
      const closed = [
        [PUNCTUATION, `${open} `],
        [MEMBERS, members.length],
        [PUNCTUATION, ` ${close}`],
      ];
      return add(indent, [...before, ...closed, ...after], index, toggle);
    }
    add(indent, [...before, [PUNCTUATION, open]], index, toggle);
    const { first, extra } = seenOf(value, fold, objects ? lit : null);
    const member = (at) => {
      const end = at < members.length - 1 ? [[PUNCTUATION, ","]] : [];
      const inner = members[at];
      if (value.array)
        return node(inner, indent + 1, [], end, { index: objects ? at : index, inArray: true });
      const name = [
        ...scalar({ token: inner[0] }).map(([kind, text]) => [kind === STRING ? KEY : kind, text]),
        [PUNCTUATION, ": "],
      ];
      return node(inner[1], indent + 1, name, end, { index, key: inner[0] });
    };
    for (let at = 0; at < first; at += 1) member(at);
    if (extra === null) rest(indent + 1, value.id, first, members.length);
    else {
      rest(indent + 1, value.id, first, extra);
      member(extra);
      rest(indent + 1, value.id, extra + 1, members.length);
    }
    return add(indent, [[PUNCTUATION, close], ...after], index);
  };
  node(root, 0, [], []);
  return lines;
};
