// The box above the list: a part of the name, or which item. What is typed is looked for in names as
// it is typed, numbers too. What can be the number of an item leads to that item with Enter; `#12`
// is a number and nothing else.
import { createElement as h, useEffect, useId, useRef, useState } from "react";
import { number as numeral, say, useLocale } from "./i18n";
import { focusList } from "./results_list";
import { icon } from "./results_parts";
import {
  EMPTY,
  fromAddress,
  isFiltered,
  isNoName,
  ordinal,
  setQuery,
  toSearch,
  useQuery,
} from "./results_query";
import { useSlash } from "./slash";

const TYPED_MS = 150; // between the last key and the address

// Select an item by its number: in the list that is shown without the text, or among all items where
// the filters leave it out.
const jump = async (list, query, number) => {
  const left = { ...query, text: "" };
  const asked = () => toSearch(fromAddress(window.location.search));
  const before = asked();
  const there = !isFiltered(left) || (await list.place(left, number).catch(() => null)) !== null;
  if (asked() !== before) return; // something else was chosen meanwhile
  setQuery(there ? left : { ...EMPTY, order: query.order }, { item: number });
};

const useText = (query) => {
  const [text, setText] = useState(query.text);
  const sent = useRef(query.text);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (query.text === sent.current) return;
    clearTimeout(timer.current);
    sent.current = query.text; // back, a link, or "clear"
    setText(query.text);
  }, [query.text]);
  const send = (value) => {
    clearTimeout(timer.current);
    setQuery(
      (now) => {
        const next = { ...now, text: isNoName(value) ? "" : value };
        sent.current = next.text.trim();
        return next;
      },
      { replace: true },
    );
  };
  // What an input method is still composing is no text to look for.
  const write = (value, composing = false) => {
    setText(value);
    clearTimeout(timer.current);
    if (!composing) timer.current = setTimeout(() => send(value), TYPED_MS);
  };
  return { text, write, send, set: setText, stop: () => clearTimeout(timer.current) };
};

export const Find = ({ list, state, children }) => {
  const locale = useLocale();
  const id = useId();
  const query = useQuery();
  const input = useRef(null);
  const { text, write, send, set, stop } = useText(query);
  const [writing, setWriting] = useState(false);
  useSlash(input);

  const meant = ordinal(text);
  const item = meant && meant.number <= state.total ? meant.number : 0;
  const go = () => {
    stop();
    set("");
    jump(list, query, item);
    focusList();
  };
  const clear = () => {
    set("");
    send("");
  };
  const onKeyDown = (event) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter") {
      if (item) return go();
      if (!isNoName(text)) {
        send(text);
        focusList();
      }
    } else if (event.key === "Escape") {
      clear();
      focusList();
    } else if (event.key === "ArrowDown") {
      focusList();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return h(
    "div",
    { className: "fnd", role: "search", onBlur: () => setWriting(false) },
    h(
      "div",
      { className: "inp sm" },
      icon("search", "ic s"),
      h("input", {
        ref: input,
        type: "text",
        value: text,
        placeholder: say(locale, "results.find"),
        "aria-label": say(locale, "results.find"),
        "aria-describedby": `${id}-hint`,
        autoComplete: "off",
        spellCheck: false,
        maxLength: 200,
        onChange: (event) => write(event.target.value, event.nativeEvent.isComposing),
        onCompositionEnd: (event) => write(event.target.value),
        onFocus: () => setWriting(true),
        onKeyDown,
        "data-testid": "find",
      }),
      text &&
        h(
          "button",
          {
            type: "button",
            className: "x",
            "aria-label": say(locale, "results.find_clear"),
            title: say(locale, "results.find_clear"),
            onClick: () => (clear(), input.current.focus()),
          },
          icon("cross", "ic s"),
        ),
      children,
    ),
    h(
      "div",
      { id: `${id}-hint`, className: "menu hint-menu", hidden: !(writing && meant) },
      writing && meant && h(Hint, { state, meant, item, text, query, go, locale }),
    ),
  );
};

const Hint = ({ state, meant, item, text, query, go, locale }) => [
  item
    ? h(
        "div",
        {
          key: "go",
          className: "hov",
          onPointerDown: (event) => event.preventDefault(),
          onClick: go,
          "data-testid": "jump",
        },
        h("span", { className: "grow" }, say(locale, "results.jump", { number: item })),
        h("kbd", { className: "kbd" }, "↵"),
      )
    : h(
        "div",
        { key: "no", className: "t3" },
        say(locale, "results.jump_too_far", { total: state.total }),
      ),
  item > 0 &&
    isFiltered({ ...query, text: "" }) &&
    h("p", { key: "clears", className: "t3" }, say(locale, "results.jump_clears")),
  !meant.only &&
    h(
      "p",
      { key: "names", className: "t3", "data-testid": "names" },
      say(locale, "results.named", { text: text.trim(), count: foundOf(state, text, locale) }),
    ),
];

// How many names have the text; "…" until it is known.
const foundOf = ({ query, found, settling }, text, locale) =>
  query.text === text.trim() && !settling ? numeral(locale, found) : "…";
