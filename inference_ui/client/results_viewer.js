// The results of a task: the list of its items, the picture of one with its boxes, and its answer.
// What is selected is known here alone, and to the address; the server is asked only for data.
import { createElement as h, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { say, useLocale } from "./i18n";
import { useChoices } from "./results_choices";
import { useItem, useItems, pathOf } from "./results_items";
import { ItemList } from "./results_list";
import { icon, iconButton, said } from "./results_parts";
import { Picture } from "./results_picture";
import { shownOf } from "./results_shown";
import { Side } from "./results_side";

const ADDRESS_MS = 150; // browsers refuse to change the address much more often than that

const fromAddress = () => {
  const given = Number(new URLSearchParams(window.location.search).get("item"));
  return Number.isSafeInteger(given) && given > 0 ? given : 0;
};

// The selected number; 0 until there are items. The address follows it.
const useSelected = ({ known, total }) => {
  const [wanted, setWanted] = useState(fromAddress);
  const selected = !known || !total ? 0 : Math.min(wanted || 1, total);
  useEffect(() => {
    if (!wanted) return undefined;
    const timer = setTimeout(() => {
      const address = new URL(window.location.href);
      if (address.searchParams.get("item") === String(wanted)) return;
      address.searchParams.set("item", wanted);
      window.history.replaceState(window.history.state, "", address);
    }, ADDRESS_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  useEffect(() => {
    const onMove = () => setWanted(fromAddress());
    window.addEventListener("popstate", onMove);
    return () => window.removeEventListener("popstate", onMove);
  }, []);
  return [selected, setWanted];
};

// Have the next item at hand, its picture decoded, in the direction of the last move.
const useNext = (list, state, item, format) => {
  const before = useRef(0);
  const ahead = useRef(null); // what nothing refers to is forgotten, decoded or not
  useEffect(() => {
    if (!item) return undefined;
    const next = item.number + (item.number >= before.current ? 1 : -1);
    before.current = item.number;
    if (next < 1 || next > state.total) return undefined;
    const timer = setTimeout(async () => {
      const coming = await list.item(next, undefined, format).catch(() => null);
      if (!coming?.picture) return;
      ahead.current = new Image();
      ahead.current.src = pathOf(list.taskId, next, "picture", state.generation);
      ahead.current.decode().catch(() => {}); // the item itself will say what is wrong with it
    }, 50);
    return () => clearTimeout(timer);
  }, [list, item]);
};

export const ResultsViewer = ({ taskId }) => {
  const locale = useLocale();
  const [list, state] = useItems(taskId);
  const [selected, select] = useSelected(state);
  const [choices, choose] = useChoices(taskId);
  const { item, failure } = useItem(list, state, selected, choices.format);
  const [lit, setLit] = useState(null);
  const [open, setOpen] = useState(false);
  const light = useCallback((index, by) => setLit(index === null ? null : { index, by }), []);
  const on = useMemo(() => item?.objects && shownOf(item.objects, choices).on, [item, choices]);
  const shining = lit && on?.[lit.index] ? lit : null; // what is not shown does not shine
  const move = (by) => select(Math.max(1, Math.min(state.total, selected + by)));
  useNext(list, state, item, choices.format);
  useEffect(() => setLit(null), [item]);
  useEffect(() => {
    if (state.total && document.activeElement === document.body) {
      document.querySelector(".rv .items")?.focus({ focusVisible: false });
    }
  }, [state.total > 0]);

  if (!state.total) return h(Nothing, { state, locale });
  return h(
    "div",
    { className: "rv" },
    h(
      "section",
      { className: "ls", "aria-label": say(locale, "results.list") },
      h(ItemList, { list, state, selected, onSelect: select }),
      h(Counter, { state, selected, onSelect: select, locale }),
    ),
    h(
      Picture,
      { list, state, item, failure, lit: shining?.index ?? null, onLight: light, choices, onChoose: choose, onMove: move },
      h(
        "button",
        {
          type: "button",
          className: open ? "btn gho sm panel-toggle on" : "btn gho sm panel-toggle",
          "aria-expanded": open,
          onClick: () => setOpen(!open),
        },
        icon("columns"),
        say(locale, "results.side"),
      ),
    ),
    h(Side, { list, item, on, lit: shining, onLight: light, choices, onChoose: choose, open }),
  );
};

const Counter = ({ state, selected, onSelect, locale }) =>
  h(
    "div",
    { className: "bot num" },
    h("span", { className: "cut", "data-testid": "counter" }, say(locale, "results.position", { number: selected, total: state.total })),
    state.failure && h("span", { className: "bad", title: said(state.failure, locale) }, icon("offline", "ic s")),
    h("span", { className: "grow" }),
    iconButton("up", say(locale, "results.previous"), {
      onClick: () => onSelect(selected - 1),
      disabled: selected <= 1,
    }),
    iconButton("down", say(locale, "results.next"), {
      onClick: () => onSelect(selected + 1),
      disabled: selected >= state.total,
    }),
  );

const Nothing = ({ state, locale }) => {
  const wrong = state.failure;
  if (!state.known && !wrong) return h("div", { className: "rv", "aria-busy": true, "aria-label": say(locale, "common.loading") });
  const text = wrong ? said(wrong, locale) : say(locale, state.ended ? "results.none_ended" : "results.none_yet");
  return h(
    "section",
    { className: "em", role: wrong ? "alert" : "status" },
    h("h2", null, say(locale, wrong ? "results.unreadable" : "results.none")),
    h("p", null, text),
  );
};

// How many items there are, for the head of the page.
export const ResultsCount = ({ taskId }) => {
  const locale = useLocale();
  const [, state] = useItems(taskId);
  if (!state.known) return null;
  const key = state.ended ? "results.count" : "results.count_growing";
  return h("span", { className: "t3 num nw", "data-testid": "results-count" }, say(locale, key, { count: state.total }));
};
