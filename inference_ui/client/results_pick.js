// A choice of one: a button that shows what is chosen, and a menu of what can be.
import { createElement as h, useEffect, useRef, useState } from "react";
import { icon } from "./results_parts";

// `groups` are lists of {value, text, more}, the text and what explains it, each under its `title`;
// `shown` is what the button says.
export const Pick = ({
  label,
  value,
  shown,
  groups,
  onChange,
  disabled,
  className = "",
  testid,
}) => {
  const box = useRef(null);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (!open) return undefined;
    const items = box.current.querySelectorAll('[role="menuitemradio"]');
    (box.current.querySelector('[aria-checked="true"]') ?? items[0])?.focus();
    const onDown = ({ target }) => !box.current?.contains(target) && setOpen(false);
    document.addEventListener("pointerdown", onDown, true);
    return () => document.removeEventListener("pointerdown", onDown, true);
  }, [open]);
  const close = () => {
    setOpen(false);
    box.current.querySelector("button").focus();
  };
  const choose = (one) => {
    close();
    onChange(one);
  };
  const onKeyDown = (event) => {
    if (!open) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "Tab") setOpen(false);
    else move(event, [...box.current.querySelectorAll('[role="menuitemradio"]')]);
  };
  return h(
    "div",
    { ref: box, className: `pick ${className}`, onKeyDown },
    h(
      "button",
      {
        type: "button",
        className: open ? "btn gho sm on" : "btn gho sm",
        "aria-haspopup": "menu",
        "aria-expanded": open,
        "aria-label": label,
        title: label,
        disabled,
        onClick: () => setOpen(!open),
        onKeyDown: (event) => {
          if (open || event.key !== "ArrowDown") return;
          event.preventDefault();
          setOpen(true);
        },
        "data-testid": testid,
      },
      shown,
      icon("down", "ic s"),
    ),
    open &&
      h(
        "div",
        { className: "menu", role: "menu", "aria-label": label },
        groups.map(({ title = "", options }) =>
          h(
            "div",
            { key: title, role: "group", "aria-label": title || label },
            title && h("span", { className: "t3", "aria-hidden": true }, title),
            options.map((one) =>
              h(Option, { key: one.value, ...one, checked: one.value === value, onChoose: choose }),
            ),
          ),
        ),
      ),
  );
};

const move = (event, items) => {
  const at = items.indexOf(document.activeElement);
  const places = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
  if (!(event.key in places)) return;
  event.preventDefault();
  items[(places[event.key] + items.length) % items.length].focus();
};

const Option = ({ value, text, more, checked, onChoose }) =>
  h(
    "button",
    {
      type: "button",
      role: "menuitemradio",
      "aria-checked": checked,
      tabIndex: -1,
      onClick: () => onChoose(value),
      "data-value": value,
    },
    icon("check", "ic s"),
    h("span", { className: "one" }, text),
    more && h("span", { className: "t3" }, more),
  );
