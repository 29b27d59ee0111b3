// What stands above the list: the search, kinds of items, the filter, what was chosen there, and how
// far it can be answered.
import { createElement as h, useRef } from "react";
import { number, percent, say, sayOf, useLocale } from "./i18n";
import { reading, shareRead } from "./results_ask";
import { Filter } from "./results_choose";
import { Find } from "./results_find";
import { focusList } from "./results_list";
import { coloursOf, icon } from "./results_parts";
import {
  conditions,
  EMPTY,
  isFiltered,
  isPlain,
  setQuery,
  toSearch,
  useQuery,
  wordOf,
} from "./results_query";

const SEGMENTS = ["", "FAILED", "EMPTY", "UNREADABLE"];

export const Bar = ({ list, state }) => {
  const locale = useLocale();
  const query = useQuery();
  const chips = conditions(query).filter(
    ({ about, value }) => about !== "text" && !(about === "kind" && SEGMENTS.includes(value)),
  );
  return h(
    "div",
    { className: "top" },
    h(Find, { list, state }, h(Filter, { list, state, chosen: chips.length })),
    h(Kinds, { state, query, locale }),
    chips.length > 0 && h(Chips, { chips, locale }),
    h(Standing, { list, state, query, locale }),
  );
};

const Kinds = ({ state: { indexed, total }, query, locale }) => {
  const { failed, empty, unreadable } = indexed.counts;
  const counts = { FAILED: failed, EMPTY: empty, UNREADABLE: unreadable };
  const counted = indexed.lines > 0 || total === 0;
  const kind = (value) => {
    const count = counted && value ? ` ${number(locale, counts[value])}` : "";
    const name = value ? sayOf(locale, "results", value) : say(locale, "results.all");
    const on = query.kind === value;
    const few = value === "UNREADABLE"; // the rarest is told by its symbol: there is no room
    return h(
      "button",
      {
        key: value,
        type: "button",
        className: `${on ? "on" : ""} ${value === "FAILED" && failed > 0 ? "bad" : ""}`,
        "aria-pressed": on,
        "aria-label": `${name}${count}`,
        title: few ? name : undefined,
        onClick: () => on || setQuery({ ...query, kind: value }),
        "data-testid": `kind-${value || "ALL"}`,
      },
      few ? icon("warning", "ic s") : name,
      count,
    );
  };
  const shown = SEGMENTS.filter(
    (value) => value !== "UNREADABLE" || unreadable > 0 || query.kind === value,
  );
  return h(
    "div",
    { className: "seg sm num", role: "group", "aria-label": say(locale, "results.kinds") },
    shown.map(kind),
  );
};

const Chips = ({ chips, locale }) => {
  const box = useRef(null);
  const remove = ({ without }, at) => {
    setQuery(without);
    // The focus stays where it was, at what came after.
    requestAnimationFrame(() => {
      const left = box.current?.querySelectorAll(".x") ?? [];
      if (left.length) left[Math.min(at, left.length - 1)].focus();
      else focusList();
    });
  };
  return h(
    "div",
    { ref: box, className: "chips", "data-testid": "chips" },
    chips.map((chip, at) => {
      const word = wordOf(chip, locale);
      const about = `${chip.about} ${chip.value ?? ""}`;
      return h(
        "span",
        { key: about, className: "chip", "data-testid": "chip" },
        h(
          "span",
          { className: "v", title: word },
          chip.about === "class"
            ? h("i", { style: { "--c": coloursOf([chip.value])(chip.value).colour } })
            : null,
          h("span", { className: "cut" }, chip.about === "class" ? chip.value : word),
        ),
        h(
          "button",
          {
            type: "button",
            className: "x",
            "aria-label": say(locale, "results.remove", { what: word }),
            onClick: () => remove(chip, at),
          },
          icon("cross"),
        ),
      );
    }),
  );
};

// How far what is asked for could be answered, and the way back to all items.
const Standing = ({ list, state, query, locale }) => {
  const plain = isPlain(query);
  const { replaced, indexed, found } = state;
  if (plain && !indexed.failed && !replaced) return null;
  const standing = () => {
    if (indexed.failed) {
      return h("span", { className: "warn", role: "alert" }, say(locale, "results.not_indexed"));
    }
    if (replaced) return h("span", { role: "status" }, say(locale, "results.replaced"));
    if (!reading(state)) return h(Found, { list, state, query, locale });
    return found > 0 && h(Reading, { state, locale });
  };
  return h(
    "div",
    { className: "std num", "data-testid": "standing" },
    standing(),
    h("span", { className: "grow" }),
    !plain &&
      h(
        "button",
        {
          type: "button",
          className: "lnk",
          onClick: () => (setQuery(EMPTY), focusList()),
          "data-testid": "clear",
        },
        say(locale, "results.clear"),
      ),
  );
};

const Reading = ({ state, locale }) =>
  h(
    "span",
    { role: "status" },
    say(locale, "results.reading", { share: percent(locale, shareRead(state)) }),
  );

const Found = ({ list, state, query, locale }) => {
  const added = query.order ? state.indexed.lines - state.looked : 0;
  if (state.query.order && added > 0) {
    return h(
      "button",
      { type: "button", className: "lnk", onClick: () => list.update(), "data-testid": "update" },
      say(locale, "results.added", { count: added }),
    );
  }
  if (!isFiltered(query)) return null;
  const settled = toSearch(state.query) === toSearch(query);
  return h(
    "span",
    { role: state.ended ? "status" : undefined, "data-testid": "found" },
    settled ? say(locale, "results.found", { count: state.found }) : "",
  );
};

// In place of the rows, where there are none: why, and the ways out.
export const NothingFound = ({ state }) => {
  const locale = useLocale();
  const query = useQuery();
  if (state.indexed.failed) return null; // it is said above
  if (reading(state)) {
    const share = shareRead(state);
    return h(
      "div",
      { className: "none", "data-testid": "reading" },
      h("p", { role: "status" }, say(locale, "results.reading", { share: percent(locale, share) })),
      h("div", { className: "bar run" }, h("i", { style: { width: `${share * 100}%` } })),
      h("p", { className: "t3" }, say(locale, "results.reading_text")),
    );
  }
  return h(
    "div",
    { className: "none", "data-testid": "nothing-found" },
    h("p", null, say(locale, state.ended ? "results.no_match" : "results.no_match_yet")),
    conditions(query)
      .filter(({ about }) => about !== "order")
      .map((condition) => {
        const word = wordOf(condition, locale);
        return h(
          "button",
          {
            key: word,
            type: "button",
            className: "btn sm",
            title: word,
            onClick: () => (setQuery(condition.without), focusList()),
          },
          icon("cross"),
          h("span", { className: "cut" }, word),
        );
      }),
  );
};
