// Picking tasks: which of them, kept in the browser alone until something is done with them. `all`
// turns the meaning round: all that match the search are picked, but those in `ids`.
import { createElement as h, useEffect, useRef, useSyncExternalStore } from "react";
import { useSearchParams } from "react-router";
import { number, say, useLocale } from "./i18n";
import { icon } from "./results_parts";

const NOTHING = { on: false, all: false, ids: new Set() };
let picks = NOTHING;
const listeners = new Set();
const set = (next) => {
  picks = next;
  listeners.forEach((tell) => tell());
};
const subscribe = (tell) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};
const usePicks = () =>
  useSyncExternalStore(
    subscribe,
    () => picks,
    () => NOTHING,
  );

const picked = ({ all, ids }, id) => all !== ids.has(id);
const put = (wanted, some) => {
  const ids = new Set(picks.ids);
  some.forEach((id) => (wanted !== picks.all ? ids.add(id) : ids.delete(id)));
  set({ ...picks, ids });
};
const begin = () => set({ ...NOTHING, on: true });
const leave = () => set(NOTHING);

const Box = ({ checked, some = false, label, onChange }) => {
  const box = useRef(null);
  useEffect(() => {
    box.current.indeterminate = some;
  }, [some]);
  return h("input", {
    ref: box,
    type: "checkbox",
    className: "box",
    checked,
    "aria-label": label,
    onChange: (event) => onChange(event.target.checked),
  });
};

// The button that begins picking, and ends it.
export const PickButton = () => {
  const locale = useLocale();
  const { on } = usePicks();
  return h(
    "button",
    {
      type: "button",
      className: on ? "btn on" : "btn",
      "aria-pressed": on,
      onClick: on ? leave : begin,
      "data-testid": "edit",
    },
    icon("edit"),
    say(locale, on ? "picks.leave" : "picks.edit"),
  );
};

// The box of a row. It is there while one picks.
export const PickOne = ({ task, name }) => {
  const locale = useLocale();
  const now = usePicks();
  if (!now.on) return null;
  return h(Box, {
    checked: picked(now, task),
    label: say(locale, "picks.one", { name }),
    onChange: (wanted) => put(wanted, [task]),
  });
};

// The box in the head: all of the page.
export const PickPage = ({ page }) => {
  const locale = useLocale();
  const now = usePicks();
  if (!now.on) return null;
  const count = page.filter((id) => picked(now, id)).length;
  return h(Box, {
    checked: page.length > 0 && count === page.length,
    some: count > 0 && count < page.length,
    label: say(locale, "picks.page"),
    onChange: (wanted) => put(wanted, page),
  });
};

// What a search is, whatever the order and the page: another one picks anew.
const SHOWN = ["sort", "page"];
const useSearch = () => {
  const [params] = useSearchParams();
  return [...params].filter(([name]) => !SHOWN.includes(name)).join("&");
};

// Escape leaves, unless it closes something that is open.
const useEscape = (on) =>
  useEffect(() => {
    if (!on) return undefined;
    const onKey = (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      if (document.querySelector("[role=dialog], [role=alertdialog], [role=menu]")) return;
      leave();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [on]);

// The bar that says how many are picked, and what can be done with them. `total` match the search;
// `done` grows when what was asked for is on its way: then nothing is picked any more. The server
// is told whenever it thinks otherwise of whether one picks (`held`): it keeps the rows meanwhile.
export const PickBar = ({ page, total, done, held, off, onPick, onDelete }) => {
  const locale = useLocale();
  const now = usePicks();
  const search = useSearch();
  useEscape(now.on);
  useEffect(() => () => leave(), []);
  useEffect(() => {
    document.documentElement.toggleAttribute("data-picking", now.on);
    if (now.on !== held) onPick(now.on);
  }, [now.on, held]);
  useEffect(() => {
    if (picks.on) begin();
  }, [search]);
  useEffect(() => {
    if (picks.on && done) leave();
  }, [done]);
  if (!now.on) return null;
  const count = now.all ? Math.max(0, total - now.ids.size) : now.ids.size;
  const whole = page.length > 0 && page.every((id) => picked(now, id));
  return h(
    "div",
    { className: "picks", role: "region", "aria-label": say(locale, "picks.edit") },
    h("b", { className: "num", role: "status" }, say(locale, "picks.count", { count })),
    !whole &&
      h(
        "button",
        { type: "button", className: "lk", onClick: () => put(true, page) },
        say(locale, "picks.page"),
      ),
    !now.all &&
      total > page.length &&
      h(
        "button",
        {
          type: "button",
          className: "lk",
          onClick: () => set({ ...picks, all: true, ids: new Set() }),
        },
        say(locale, "picks.all", { count: number(locale, total) }),
      ),
    count > 0 &&
      h("button", { type: "button", className: "lk", onClick: begin }, say(locale, "picks.none")),
    h("span", { className: "grow" }),
    h("span", { className: "t3 s12 esc" }, say(locale, "picks.escape")),
    h(
      "button",
      {
        type: "button",
        className: "btn sm dng",
        disabled: off || count === 0,
        onClick: () => onDelete([...now.ids], now.all),
        title: count ? undefined : say(locale, "picks.first"),
        "data-testid": "delete-picked",
      },
      icon("delete"),
      count ? say(locale, "picks.delete", { count }) : say(locale, "picks.delete_none"),
    ),
  );
};
