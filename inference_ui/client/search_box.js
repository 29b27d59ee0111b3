// The search of the task list: conditions as chips inside the box, and a drop-down that offers what
// can be searched by and, of what is chosen and not typed, the values. All of it is in the address:
// this changes the address, and the page shows what it says. What is typed narrows the names at
// once (`q`); Enter makes a condition of it.
import { createElement as h, useEffect, useId, useRef, useState } from "react";
import { say, sayOf, useLocale } from "./i18n";
import { icon } from "./results_parts";
import { useConditions, useSent } from "./search_address";
import { useSlash } from "./slash";

const FIELDS = ["name", "status", "owner", "spec", "package"];
const TYPED_MS = 60; // between the last key and the address
const FEW = 4; // values of each field that are offered for a text

const holds = (text, part) => text.toLowerCase().includes(part.trim().toLowerCase());

// What the drop-down offers: `{ about, value?, word }`.
const offered = (about, text, choices, locale) => {
  const word = (field, value) => (field === "status" ? sayOf(locale, "status", value) : value);
  const values = (field) =>
    (choices[field] ?? []).map((value) => ({ about: field, value, word: word(field, value) }));
  const typed = text.trim();
  const named = typed ? [{ about: "name", value: typed, word: typed }] : [];
  if (about === "name") return named;
  if (about) return values(about).filter((one) => holds(one.word, text));
  if (!typed)
    return FIELDS.map((field) => ({ about: field, word: say(locale, `search.${field}`) }));
  const exact = FIELDS.slice(1).flatMap((field) =>
    values(field).filter((one) => one.word.toLowerCase() === typed.toLowerCase()),
  );
  const found = FIELDS.slice(1).flatMap((field) =>
    values(field)
      .filter((one) => holds(one.word, text))
      .slice(0, FEW),
  );
  return [
    ...exact,
    ...named,
    ...found.filter(
      (one) => !exact.some((same) => same.about === one.about && same.value === one.value),
    ),
  ];
};

const Chip = ({ about, values, locale, onRemove, onOpen }) => {
  const name = say(locale, `search.${about}`);
  const words = values.map((value) =>
    about === "status" ? sayOf(locale, "status", value) : value,
  );
  const shown = words.join(say(locale, "search.and"));
  return h(
    "span",
    { className: "chip", "data-testid": `chip-${about}` },
    h(
      "button",
      { type: "button", className: "v", onClick: onOpen, title: `${name} ${shown}` },
      h("span", { className: "k" }, name),
      h("span", { className: "cut" }, shown),
    ),
    h(
      "button",
      {
        type: "button",
        className: "x",
        onClick: onRemove,
        "aria-label": say(locale, "search.remove", { what: `${name} ${shown}` }),
      },
      icon("cross"),
    ),
  );
};

export const SearchBox = ({ choices, onOpen }) => {
  const locale = useLocale();
  const id = useId();
  const box = useRef(null);
  const input = useRef(null);
  const timer = useRef(0);
  const conditions = useConditions();
  const now = useRef(conditions); // for what happens later than the rendering it was made in
  now.current = conditions;
  const [text, setText] = useState(conditions.typed);
  const [about, setAbout] = useState("");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const sent = useSent(conditions.typed, setText);
  useSlash(input);

  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (!open) return undefined;
    const outside = (event) => box.current.contains(event.target) || close();
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
    };
  }, [open]);

  const statuses = ["QUEUED", "STARTING", "RUNNING", "FINISHING", "SUCCEEDED", "FAILED", "STOPPED"];
  const options = offered(about, text, { status: statuses, ...choices }, locale);
  const current = options[Math.min(at, options.length - 1)];

  const narrow = (value) => {
    clearTimeout(timer.current);
    sent(value.trim());
    now.current.type(value);
  };
  // What an input method is still composing is no text to look for.
  const write = (value, composing = false) => {
    setText(value);
    setAt(0);
    setOpen(true);
    clearTimeout(timer.current);
    if (composing) return;
    if (!about || about === "name") timer.current = setTimeout(() => narrow(value), TYPED_MS);
  };
  const show = (field = about) => {
    if (!open) onOpen();
    setAbout(field);
    setAt(0);
    setOpen(true);
  };
  const close = () => {
    setOpen(false);
    setAbout("");
  };
  const take = (option) => {
    clearTimeout(timer.current);
    if (option.value === undefined) {
      show(option.about);
    } else {
      sent("");
      setText("");
      conditions.toggle(option.about, option.value);
      if (!about || about === "name") close();
    }
    input.current.focus();
  };
  const back = () => {
    if (about) return setAbout("");
    clearTimeout(timer.current);
    const last = FIELDS.filter((field) => conditions.of(field).length).at(-1);
    return last && conditions.remove(last);
  };
  const onKeyDown = (event) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return undefined;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (!open) show();
      else if (options.length) setAt((at + step + options.length) % options.length);
    } else if (event.key === "Enter" && open && current) {
      event.preventDefault();
      take(current);
    } else if (event.key === "Escape" && (open || text)) {
      event.preventDefault();
      event.stopPropagation();
      if (open) return close();
      setText("");
      narrow("");
    } else if (event.key === "Backspace" && !text) {
      back();
    }
    return undefined;
  };

  const row = (option, index) => {
    const chosen =
      option.value !== undefined &&
      option.about !== "name" &&
      conditions.has(option.about, option.value);
    return h(
      "div",
      {
        key: `${option.about} ${option.value ?? ""}`,
        id: `${id}-${index}`,
        role: "option",
        "aria-selected": option === current,
        className: option === current ? "opt hov" : "opt",
        ref: option === current ? (node) => node?.scrollIntoView({ block: "nearest" }) : null,
        onPointerMove: () => at !== index && setAt(index),
        onPointerDown: (event) => event.preventDefault(),
        onClick: () => take(option),
      },
      option.value === undefined
        ? h("span", { className: "grow" }, option.word)
        : [
            !about &&
              h("span", { key: "k", className: "k" }, say(locale, `search.${option.about}`)),
            h(
              "span",
              { key: "w", className: "cut grow", title: option.word },
              option.about === "name"
                ? say(locale, "search.contains", { text: option.word })
                : option.word,
            ),
            chosen && icon("check", "ic s"),
          ],
      option === current && h("kbd", { className: "kbd", "aria-hidden": true }, "↵"),
    );
  };
  const nothing = about === "name" ? "search.type_name" : "search.nothing";
  const placeholder = about
    ? say(locale, "search.of", { what: say(locale, `search.${about}`) })
    : say(
        locale,
        FIELDS.some((field) => conditions.of(field).length) ? "search.more" : "search.label",
      );

  return h(
    "div",
    { className: "search", ref: box, role: "search" },
    h(
      "div",
      {
        className: "inp",
        onPointerDown: (event) =>
          event.target === event.currentTarget &&
          (event.preventDefault(), input.current.focus(), show()),
      },
      icon("search"),
      FIELDS.filter((field) => conditions.of(field).length).map((field) =>
        h(Chip, {
          key: field,
          about: field,
          values: conditions.of(field),
          locale,
          onRemove: () => (conditions.remove(field), input.current.focus()),
          onOpen: () => (input.current.focus(), show(field)),
        }),
      ),
      h("input", {
        ref: input,
        type: "text",
        value: text,
        placeholder,
        autoComplete: "off",
        spellCheck: false,
        maxLength: 200,
        role: "combobox",
        "aria-label": say(locale, "search.label"),
        "aria-expanded": open,
        "aria-controls": `${id}-list`,
        "aria-autocomplete": "list",
        "aria-activedescendant": open && current ? `${id}-${options.indexOf(current)}` : undefined,
        onChange: (event) => write(event.target.value, event.nativeEvent.isComposing),
        onCompositionEnd: (event) => write(event.target.value),
        onFocus: () => show(""),
        onClick: () => open || show(""),
        onKeyDown,
        "data-testid": "search",
      }),
      h("kbd", { className: "kbd slash", "aria-hidden": true }, "/"),
    ),
    open &&
      h(
        "div",
        { className: "menu search-menu" },
        h(
          "div",
          {
            id: `${id}-list`,
            role: "listbox",
            "aria-label": about ? say(locale, `search.${about}`) : say(locale, "search.label"),
            "aria-multiselectable": about !== "" && about !== "name",
          },
          options.map(row),
        ),
        options.length === 0 && h("p", { className: "none" }, say(locale, nothing)),
      ),
  );
};
