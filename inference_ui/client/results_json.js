// JSON as it was stored, set out in lines without being read as numbers: what a server wrote as
// 1.10 or 12345678901234567890 stays so. Arrays of a detection carry the number of their object.
const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|([-\d][\w.+-]*|true|false|null|NaN|Infinity)|([{}[\],:]))/y;
const DEEPEST = 60;
const MOST_LINES = 3000;
const WIDEST = 72;
const PARALLEL = new Set(['"dclasses"', '"dobjects"', '"dconfidences"']);

const STRING = "s";
const NUMBER = "n";
const KEY = "k";
const PUNCTUATION = "p";

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

const parse = (found) => {
  let at = 0;
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
    if (token === "[") return { array: list("]", () => value(depth + 1)) };
    if (token === "{") {
      return {
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

const scalar = ({ token }) => [token.startsWith('"') ? STRING : NUMBER, token];

const inline = ({ array }) => {
  if (!array.every((item) => item.token)) return null;
  const width = array.reduce((sum, { token }) => sum + token.length + 2, 0);
  if (width > WIDEST) return null;
  return [
    [PUNCTUATION, "["],
    ...array.flatMap((item, at) => (at ? [[PUNCTUATION, ", "], scalar(item)] : [scalar(item)])),
    [PUNCTUATION, "]"],
  ];
};

const print = (root, count) => {
  const lines = [];
  const add = (indent, parts, index) => {
    if (lines.length >= MOST_LINES) throw new Unreadable();
    lines.push({ indent, parts, index });
  };
  const node = (value, indent, before, after, { index = null, key = null, inArray = false } = {}) => {
    const line = (...parts) => add(indent, [...before, ...parts, ...after], index);
    if (value.token) return line(scalar(value));
    const members = value.array ?? value.object;
    const [open, close] = value.array ? "[]" : "{}";
    if (!members.length) return line([PUNCTUATION, open + close]);
    const objects = value.array && PARALLEL.has(key) && members.length === count;
    const short = value.array && !objects && (inArray || index === null) && inline(value);
    if (short) return line(...short);
    add(indent, [...before, [PUNCTUATION, open]], index);
    members.forEach((member, at) => {
      const end = at < members.length - 1 ? [[PUNCTUATION, ","]] : [];
      if (value.array) {
        node(member, indent + 1, [], end, { index: objects ? at : index, inArray: true });
      } else {
        const name = [
          [KEY, member[0]],
          [PUNCTUATION, ": "],
        ];
        node(member[1], indent + 1, name, end, { index, key: member[0] });
      }
    });
    return add(indent, [[PUNCTUATION, close], ...after], index);
  };
  node(root, 0, [], []);
  return lines;
};

// Return lines of {indent, parts: [kind, text][], index}, or null for what is no JSON or too long.
// `count` is the number of objects: arrays of another length are not taken for theirs.
export const jsonLines = (text, count) => {
  try {
    return print(parse(tokens(text)), count);
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
};

export const textOf = (lines) =>
  lines
    .map(({ indent, parts }) => "  ".repeat(indent) + parts.map(([, text]) => text).join(""))
    .join("\n");
