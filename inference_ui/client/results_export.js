// The button that exports results, what it asks, and how far the last export is.
import { createElement as h, useEffect, useId, useRef, useState } from "react";
import { number, say, sayOf, size, useLocale } from "./i18n";
import { cancelExport, forgetExport, startExport, useExport } from "./results_export_run";
import { reading } from "./results_ask";
import { useChoices } from "./results_choices";
import { useItems } from "./results_items";
import { icon, iconButton } from "./results_parts";
import { isFiltered, toSearch, useQuery } from "./results_query";

const FORMATS = ["coco", "yolo", "csv", "source"];
const MARKS = { DONE: "check", FAILED: "warning", CANCELLED: "stop" };

// What the address filters: {query, filtered}, which is how many items are left; null where nothing is
// filtered, and undefined while it is not known, since a part would be taken for all.
const useFiltered = (state) => {
  const wanted = useQuery();
  const query = toSearch(wanted);
  if (!isFiltered(wanted)) return { query: "", filtered: null };
  const known = query === toSearch(state.query) && !state.settling && !reading(state);
  return { query, filtered: known ? state.found : undefined };
};

export const ExportButton = ({ taskId }) => {
  const locale = useLocale();
  const [, state] = useItems(taskId);
  const [{ format: boxFormat }] = useChoices(taskId);
  const { query, filtered } = useFiltered(state);
  const run = useExport(taskId);
  const [open, setOpen] = useState(false);
  const root = useRef(null);
  const button = useRef(null);
  useLeaving(root, open, setOpen);
  if (!state.known) return null;
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return h(
    "div",
    {
      className: "xp",
      ref: root,
      onKeyDown: (event) => {
        if (event.key !== "Escape" || !open) return;
        event.stopPropagation();
        close();
      },
    },
    run && h(Run, { run, taskId, locale, onDetails: () => setOpen(true) }),
    h(
      "button",
      {
        type: "button",
        className: open ? "btn sm on" : "btn sm",
        ref: button,
        "aria-haspopup": "dialog",
        "aria-expanded": open,
        onClick: () => setOpen(!open),
      },
      icon("download"),
      say(locale, "results.export"),
    ),
    open && h(Choice, { state, query, filtered, boxFormat, run, taskId, locale, onStart: close }),
  );
};

// What floats goes when one clicks, or moves on, elsewhere.
const useLeaving = (root, open, setOpen) =>
  useEffect(() => {
    if (!open) return undefined;
    const leave = (event) => !root.current?.contains(event.target) && setOpen(false);
    document.addEventListener("pointerdown", leave);
    document.addEventListener("focusin", leave);
    return () => {
      document.removeEventListener("pointerdown", leave);
      document.removeEventListener("focusin", leave);
    };
  }, [open]);

const Choice = ({ state, query, filtered, boxFormat, run, taskId, locale, onStart }) => {
  const [all, setAll] = useState(filtered === null);
  const first = useRef(null);
  useEffect(() => first.current?.focus(), []);
  const count = all ? state.total : (filtered ?? 0);
  const busy = run?.state === "RUNNING";
  const waits = !all && filtered === undefined;
  const start = (format) => {
    startExport(taskId, format, count, all ? "" : query, boxFormat);
    onStart();
  };
  return h(
    "div",
    { className: "menu ex-ask", role: "dialog", "aria-label": say(locale, "results.export") },
    run && !busy && h(Details, { run, locale }),
    h(Scope, { state, filtered, all, onAll: setAll, locale }),
    FORMATS.map((format, index) =>
      h(Format, {
        key: format,
        format,
        locale,
        focus: index === 0 ? first : null,
        off: busy || count === 0,
        onClick: () => start(format),
      }),
    ),
    (busy || count === 0) &&
      h(
        "p",
        { className: "why" },
        say(
          locale,
          busy ? "results.export_busy" : waits ? "results.export_waits" : "results.export_none",
        ),
      ),
  );
};

const Scope = ({ state, filtered, all, onAll, locale }) => {
  const name = useId();
  const total = say(locale, "results.export_all", { count: state.total });
  const growing =
    !state.ended && h("p", { className: "why" }, say(locale, "results.export_growing"));
  if (filtered === null) return h("div", { className: "of num" }, total, growing);
  const radio = (value, text) =>
    h(
      "label",
      { key: String(value) },
      h("input", { type: "radio", name, checked: all === value, onChange: () => onAll(value) }),
      text,
    );
  return h(
    "fieldset",
    { className: "of num" },
    h("legend", { className: "sr" }, say(locale, "results.export_what")),
    radio(
      false,
      filtered === undefined
        ? say(locale, "results.export_found_later")
        : say(locale, "results.export_found", { count: filtered }),
    ),
    radio(true, total),
    growing,
  );
};

const Format = ({ format, locale, focus, off, onClick }) => {
  const id = useId();
  return h(
    "button",
    {
      type: "button",
      className: "kind",
      ref: focus,
      "aria-disabled": off || undefined,
      "aria-describedby": id,
      onClick: off ? undefined : onClick,
    },
    h("b", null, say(locale, `results.export_${format}`)),
    h("span", { id }, say(locale, `results.export_${format}_for`)),
  );
};

const shortOf = (run, locale) => {
  const name = say(locale, `results.export_${run.format}`);
  if (run.state === "DONE") {
    return say(locale, "results.export_done", { name, count: run.total, size: run.bytes });
  }
  if (run.state !== "RUNNING") return `${name} · ${endOf(run, locale)}`;
  if (!run.done) return say(locale, "results.export_begins", { name });
  const { done, total } = run;
  return say(locale, "results.export_running", { name, done, total, size: run.bytes });
};

const endOf = ({ state, problem }, locale) =>
  state === "FAILED" && problem
    ? sayOf(locale, "reason", problem.code, problem.args)
    : say(locale, `results.export_${state}`);

const leftOut = (run, locale) =>
  Object.entries(run.left_out ?? {}).map(([reason, count]) =>
    sayOf(locale, "results", `export_without_${reason}`, { count }),
  );

// How far the export is, or how it ended, in one line of the page's head.
const Run = ({ run, taskId, locale, onDetails }) => {
  const busy = run.state === "RUNNING";
  const text = shortOf(run, locale);
  const without = leftOut(run, locale);
  return h(
    "div",
    { className: `ex-run ${run.state}`, "data-testid": "export-run", "data-state": run.state },
    busy
      ? h(Bar, { run, locale })
      : h(
          "svg",
          { className: "ic s", "aria-hidden": true },
          h("use", { href: `#icon-${MARKS[run.state]}` }),
        ),
    h("span", { className: "cut num", title: text, role: "status" }, busy ? null : text),
    busy && h("span", { className: "cut num", title: text }, text),
    !busy &&
      without.length > 0 &&
      h(
        "button",
        { type: "button", className: "lnk", onClick: onDetails },
        say(locale, "results.export_left_out"),
      ),
    busy
      ? iconButton("cross", say(locale, "results.export_cancel"), {
          onClick: () => cancelExport(taskId),
        })
      : iconButton("cross", say(locale, "common.close"), { onClick: () => forgetExport(taskId) }),
  );
};

const Bar = ({ run, locale }) => {
  const share = run.total ? Math.min(1, run.done / run.total) : 0;
  return h(
    "div",
    {
      className: "bar run",
      role: "progressbar",
      "aria-label": say(locale, "results.export_progress"),
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": Math.round(share * 100),
    },
    h("i", { style: { width: `${share * 100}%` } }),
  );
};

// What came of the last export, above what can be asked for.
const Details = ({ run, locale }) => {
  const without = leftOut(run, locale);
  if (run.state === "DONE" && !without.length) return null;
  return h(
    "div",
    { className: run.state === "FAILED" ? "note bad" : "note", "data-testid": "export-details" },
    h(
      "div",
      null,
      h(
        "b",
        null,
        run.state === "DONE"
          ? say(locale, "results.export_left_out_of", {
              name: say(locale, `results.export_${run.format}`),
            })
          : shortOf(run, locale),
      ),
      without.length > 0 &&
        h(
          "ul",
          null,
          without.map((text) => h("li", { key: text }, text)),
        ),
    ),
  );
};
