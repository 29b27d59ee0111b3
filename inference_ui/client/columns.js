// Which columns of the task list are shown: chosen here, remembered by the browser, and carried out
// by the style sheet, which hides what `data-hide` of the page names. Two columns are hidden at
// first: what they say stands below another one until they are shown.
import { createElement as h, useEffect, useRef, useState } from "react";
import { say, useLocale } from "./i18n";
import { icon } from "./results_parts";

const KEY = "task-columns";
const COLUMNS = [
  "status",
  "progress",
  "service_type",
  "package",
  "spec",
  "owner",
  "created",
  "duration",
];
const AT_FIRST = ["service_type", "duration"];

const remembered = () => {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY));
    return Array.isArray(kept) ? kept.filter((name) => COLUMNS.includes(name)) : AT_FIRST;
  } catch {
    return AT_FIRST;
  }
};
const apply = (hidden) => document.documentElement.setAttribute("data-hide", hidden.join(" "));
if (typeof document !== "undefined") apply(remembered());

export const ColumnChoice = () => {
  const locale = useLocale();
  const box = useRef(null);
  const button = useRef(null);
  const [open, setOpen] = useState(false);
  const [hidden, setHidden] = useState(AT_FIRST);
  useEffect(() => setHidden(remembered()), []);
  useEffect(() => {
    if (!open) return undefined;
    const outside = (event) => box.current.contains(event.target) || setOpen(false);
    const escape = (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      setOpen(false);
      button.current.focus();
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    document.addEventListener("keydown", escape, true);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
      document.removeEventListener("keydown", escape, true);
    };
  }, [open]);
  const choose = (next) => {
    setHidden(next);
    apply(next);
    try {
      localStorage.setItem(KEY, JSON.stringify(next));
    } catch {
      // a browser that keeps nothing shows it until the page is left
    }
  };
  const toggle = (name) =>
    choose(hidden.includes(name) ? hidden.filter((one) => one !== name) : [...hidden, name]);
  const label = say(locale, "tasks.columns");
  return h(
    "div",
    { className: "cols", ref: box },
    h(
      "button",
      {
        ref: button,
        type: "button",
        className: "btn sm sq",
        "aria-label": label,
        title: label,
        "aria-expanded": open,
        onClick: () => setOpen(!open),
      },
      icon("columns"),
    ),
    open &&
      h(
        "div",
        { className: "menu", role: "group", "aria-label": label },
        COLUMNS.map((name) =>
          h(
            "label",
            { key: name },
            h("input", {
              type: "checkbox",
              className: "box",
              checked: !hidden.includes(name),
              onChange: () => toggle(name),
            }),
            say(locale, `tasks.column.${name}`),
          ),
        ),
        h("hr"),
        h(
          "button",
          { type: "button", onClick: () => choose(AT_FIRST) },
          say(locale, "tasks.columns_reset"),
        ),
      ),
  );
};
