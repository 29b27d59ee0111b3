// The filter's layer: classes, number of objects, confidence, order. What is chosen holds at once.
import { createElement as h, useEffect, useId, useRef, useState } from "react";
import { number, percent, say, sayOf, useLocale } from "./i18n";
import { ask, pathOf, reading, shareRead } from "./results_ask";
import { coloursOf, icon } from "./results_parts";
import { isPlain, ORDERS, setQuery, EMPTY, useQuery } from "./results_query";

const TYPED_MS = 400;

// Closed by Escape, and by whatever is done outside; the focus goes back to the button.
const useOpen = (box, button) => {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (!open) return undefined;
    box.current.querySelector(".choose input")?.focus();
    const outside = (event) => box.current.contains(event.target) || setOpen(false);
    const escape = (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    document.addEventListener("keydown", escape);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
      document.removeEventListener("keydown", escape);
    };
  }, [open]);
  return [open, setOpen];
};

export const Filter = ({ list, state, chosen }) => {
  const locale = useLocale();
  const id = useId();
  const box = useRef(null);
  const button = useRef(null);
  const [open, setOpen] = useOpen(box, button);
  const label = chosen
    ? say(locale, "results.filter_on", { count: chosen })
    : say(locale, "results.filter");
  return h(
    "span",
    { className: "flt", ref: box },
    h(
      "button",
      {
        ref: button,
        type: "button",
        className: `btn gho sm sq${open || chosen ? " on" : ""}`,
        "aria-label": label,
        title: label,
        "aria-haspopup": "dialog",
        "aria-expanded": open,
        "aria-controls": open ? id : undefined,
        onClick: () => setOpen(!open),
        "data-testid": "filter",
      },
      icon("filter"),
    ),
    open &&
      h(
        "div",
        {
          id,
          className: "menu choose",
          role: "dialog",
          "aria-label": say(locale, "results.filter"),
        },
        h(Choice, { list, state, locale }),
      ),
  );
};

const Choice = ({ list, state, locale }) => {
  const query = useQuery();
  const change = (some, options) => setQuery((now) => ({ ...now, ...some }), options);
  return [
    h(Classes, { key: "classes", list, state, query, change, locale }),
    h(Limits, {
      key: "objects",
      title: say(locale, "results.objects_limits"),
      names: ["least", "most"],
      unit: /^\d{1,9}$/,
      ...{ query, change, locale },
    }),
    h(Limits, {
      key: "confidence",
      title: say(locale, "results.confidence_limits"),
      note: say(locale, "results.confidence_note"),
      names: ["above", "below"],
      unit: /^(0?\.\d+|[01](\.0*)?|0\.\d*)$/,
      ...{ query, change, locale },
    }),
    h(Order, { key: "order", query, change, locale }),
    h(
      "footer",
      { key: "foot" },
      h(
        "button",
        {
          type: "button",
          className: "btn sm",
          disabled: isPlain(query),
          onClick: () => setQuery(EMPTY),
        },
        say(locale, "results.clear"),
      ),
    ),
  ];
};

// The classes that items have, those of most items first; asked for when the layer opens, and again
// when what was being read is read.
const useClasses = (list, state) => {
  const [known, setKnown] = useState(null);
  const waits = reading(state);
  useEffect(() => {
    const control = new AbortController();
    ask(pathOf(list.taskId, 0, "overview"), control.signal)
      .then(({ overview }) => setKnown(overview))
      .catch((failure) => control.signal.aborted || setKnown({ failure }));
    return () => control.abort();
  }, [list, state.generation, waits]);
  return known;
};

const Classes = ({ list, state, query, change, locale }) => {
  const id = useId();
  const known = useClasses(list, state);
  const [wanted, setWanted] = useState("");
  const listed = (known?.classes ?? [])
    .filter(({ name }) => name)
    .sort((one, other) => other.items - one.items);
  const names = new Set(listed.map(({ name }) => name));
  const typed = wanted.trim();
  // Chosen by an address, or too rare to be listed.
  const others = query.classes.filter((name) => !names.has(name)).map((name) => ({ name }));
  const all = [...others, ...listed];
  const found = all.filter(({ name }) => name.toLowerCase().includes(typed.toLowerCase()));
  const cut = known !== null && (known.classes_total ?? 0) > listed.length;
  if (cut && typed && !all.some(({ name }) => name === typed)) found.push({ name: typed });
  const toggle = (name) =>
    change({
      classes: query.classes.includes(name)
        ? query.classes.filter((one) => one !== name)
        : [...query.classes, name],
    });
  return h(
    "section",
    { "aria-labelledby": id },
    h("h3", { id }, say(locale, "results.classes")),
    h("input", {
      type: "text",
      className: "inp sm",
      placeholder: say(locale, "results.find_class"),
      "aria-label": say(locale, "results.find_class"),
      autoComplete: "off",
      spellCheck: false,
      value: wanted,
      onChange: (event) => setWanted(event.target.value),
      "data-testid": "find-class",
    }),
    h(
      "div",
      { className: "opts", role: "group", "aria-labelledby": id },
      found.map(({ name, items }) =>
        h(ClassOption, {
          ...{ key: name, name, items, locale },
          on: query.classes.includes(name),
          onToggle: toggle,
        }),
      ),
      found.length === 0 && h("p", { className: "t3" }, noClass(known, state, typed, locale)),
    ),
    cut &&
      h(
        "p",
        { className: "t3 s12" },
        say(locale, "results.classes_cut", { count: known.classes_total }),
      ),
  );
};

const noClass = (known, state, typed, locale) => {
  if (known?.failure) return say(locale, "results.unreachable");
  if (known === null) return say(locale, "common.loading");
  if (reading(state)) {
    return say(locale, "results.reading", { share: percent(locale, shareRead(state)) });
  }
  return say(locale, typed ? "results.no_class_found" : "results.no_classes");
};

const ClassOption = ({ name, items, on, onToggle, locale }) =>
  h(
    "label",
    { className: "opt", title: name },
    h("input", {
      type: "checkbox",
      className: "box",
      checked: on,
      onChange: () => onToggle(name),
    }),
    h("i", { style: { "--c": coloursOf([name])(name).colour } }),
    h("span", { className: "cut grow" }, name),
    items !== undefined && h("span", { className: "t3 num" }, number(locale, items)),
  );

// Two limits, from and to. What cannot be meant is marked, and is no condition.
const Limits = ({ title, note, names, unit, query, change, locale }) => {
  const id = useId();
  return h(
    "section",
    { role: "group", "aria-labelledby": id },
    h("h3", { id }, title),
    h(
      "div",
      { className: "limits" },
      names.map((name, at) => [
        at > 0 && h("span", { key: "to", className: "t3", "aria-hidden": true }, "–"),
        h(Limit, {
          key: name,
          ...{ name, unit, change },
          value: query[name],
          label: say(locale, at ? "results.limit_to" : "results.limit_from"),
        }),
      ]),
    ),
    note && h("p", { className: "t3 s12" }, note),
  );
};

const Limit = ({ name, value, unit, label, change }) => {
  const [written, setWritten] = useState(null); // while one writes, as it is written
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const text = written ?? (value === null ? "" : String(value));
  const given = text.normalize("NFKC").trim();
  const send = (next) => {
    clearTimeout(timer.current);
    timer.current = 0;
    const plain = next.normalize("NFKC").trim();
    if (plain === "" || unit.test(plain)) change({ [name]: plain || null }, { replace: true });
  };
  return h("input", {
    type: "text",
    inputMode: "decimal",
    className: "inp sm num",
    placeholder: label,
    "aria-label": label,
    "aria-invalid": given !== "" && !unit.test(given),
    autoComplete: "off",
    maxLength: 12,
    value: text,
    onChange: ({ target }) => {
      setWritten(target.value);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => send(target.value), TYPED_MS);
    },
    onKeyDown: (event) => event.key === "Enter" && send(text),
    onBlur: () => {
      if (timer.current) send(text);
      setWritten(null);
    },
    "data-testid": `limit-${name}`,
  });
};

const Order = ({ query, change, locale }) => {
  const id = useId();
  return h(
    "section",
    null,
    h("label", { htmlFor: id, className: "h3" }, say(locale, "results.order")),
    h(
      "div",
      { className: "sel" },
      h(
        "select",
        {
          id,
          className: "inp sm",
          value: query.order,
          onChange: ({ target }) => change({ order: target.value }),
          "data-testid": "order",
        },
        ORDERS.map((order) =>
          h(
            "option",
            { key: order, value: order },
            order ? sayOf(locale, "results", order) : say(locale, "results.as_they_came"),
          ),
        ),
      ),
      icon("down"),
    ),
  );
};
