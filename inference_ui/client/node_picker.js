// Several of a cluster's nodes: a button that opens a list of check boxes with a search above it.
// What is chosen shows as chips. Only who opens and closes it is known here; the rest is given.
import { createElement as h, useEffect, useRef, useState } from "react";
import { say, sayOf, useLocale } from "./i18n";
import { icon } from "./results_parts";

const note = (locale, row) => {
  if (!row.fits) return h("span", { className: "why-not" }, sayOf(locale, "reason", row.why.code, row.why.args));
  const word = row.free ? "server.node_free" : "server.node_busy";
  return h("span", { className: row.free ? "s12 ok" : "s12 warn" }, say(locale, word));
};

const option = (locale, row, chosen, onToggle) =>
  h(
    "label",
    { key: row.name, className: row.fits ? "opt" : "opt off" },
    h("input", {
      type: "checkbox",
      className: "box",
      checked: chosen.includes(row.name),
      disabled: !row.fits && !chosen.includes(row.name),
      onChange: () => onToggle(row.name),
    }),
    h("span", { className: "mono cut" }, row.name),
    h("span", { className: "grow" }),
    note(locale, row),
  );

const chip = (locale, name, onToggle) =>
  h(
    "span",
    { key: name, className: "chip" },
    h("span", { className: "mono" }, name),
    h(
      "button",
      {
        type: "button",
        className: "x",
        "aria-label": say(locale, "server.take_out", { name }),
        onClick: () => onToggle(name),
      },
      icon("cross", "ic s"),
    ),
  );

// Closed by Escape, and by whatever is done outside; the focus goes back to the button.
const useOpen = (box, button) => {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (open) box.current.querySelector(".nodes-menu")?.scrollIntoView({ block: "nearest" });
  }, [open]);
  useEffect(() => {
    if (!open) return undefined;
    const outside = (event) => box.current.contains(event.target) || setOpen(false);
    const escape = (event) => {
      if (event.key !== "Escape") return;
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

const SEARCHED = 8; // so many nodes are seen at a glance, and need no search

const List = ({ rows, chosen, onToggle, onClear }) => {
  const locale = useLocale();
  const [wanted, setWanted] = useState("");
  const found = rows.filter((row) => row.name.toLowerCase().includes(wanted.trim().toLowerCase()));
  return h(
    "div",
    { className: "menu nodes-menu" },
    rows.length > SEARCHED &&
      h("input", {
        type: "search",
        className: "inp sm",
        autoFocus: true,
        placeholder: say(locale, "server.search_nodes"),
        "aria-label": say(locale, "server.search_nodes"),
        value: wanted,
        onChange: (event) => setWanted(event.target.value),
        onKeyDown: (event) => event.key === "Enter" && event.preventDefault(),
      }),
    h(
      "div",
      { className: "opts", role: "group", "aria-label": say(locale, "server.nodes") },
      found.map((row) => option(locale, row, chosen, onToggle)),
      !found.length && h("p", { className: "t3" }, say(locale, "server.no_node_found")),
    ),
    chosen.length > 0 &&
      h("button", { type: "button", className: "lnk", onClick: onClear }, say(locale, "server.clear_nodes")),
  );
};

// A press shows at once; what the server says of it comes a moment later.
const useChosen = (given, onToggle) => {
  const [chosen, setChosen] = useState(given);
  useEffect(() => setChosen(given), [given.join("\n")]);
  const toggle = (name) => {
    setChosen(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]);
    onToggle(name);
  };
  return [chosen, toggle];
};

export const NodePicker = ({ id, rows, chosen: given, invalid, onToggle: tell, onClear }) => {
  const locale = useLocale();
  const [chosen, onToggle] = useChosen(given, tell);
  const box = useRef(null);
  const button = useRef(null);
  const [open, setOpen] = useOpen(box, button);
  return h(
    "div",
    { className: "picker", ref: box, "data-testid": "nodes" },
    h(
      "div",
      { className: invalid ? "inp err" : "inp" },
      chosen.map((name) => chip(locale, name, onToggle)),
      h(
        "button",
        {
          id,
          ref: button,
          type: "button",
          className: "face",
          "aria-expanded": open,
          "aria-describedby": `${id}-message`,
          "aria-label": `${say(locale, "server.nodes")} ${chosen.join(" ")}`.trim(),
          onClick: () => setOpen(!open),
        },
        h("span", { className: "ph" }, chosen.length ? "" : say(locale, "server.any_node")),
        icon("down", "ic s"),
      ),
    ),
    open && h(List, { rows, chosen, onToggle, onClear }),
  );
};
