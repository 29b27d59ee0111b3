// The results of a task: the list of its items, the picture of one with its boxes, and its answer.
// What is selected is known here alone, and to the address; the server is asked only for data.
import { createElement as h, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { say, useLocale } from "./i18n";
import { useAhead } from "./results_ahead";
import { reading } from "./results_ask";
import { Bar, NothingFound } from "./results_bar";
import { useChoices } from "./results_choices";
import { useItem, useItems } from "./results_items";
import { focusList, ItemList } from "./results_list";
import { icon, iconButton, said } from "./results_parts";
import { Picture } from "./results_picture";
import { isFiltered, itemOf, setItem, useAddress, useQuery } from "./results_query";
import { shownOf } from "./results_shown";
import { Side } from "./results_side";

const ADDRESS_MS = 150; // browsers refuse to change the address much more often than that

// The list that the address says, with the item that it names. It follows the selection, a little
// later; so an item that it names is only one to select when it was not written here.
const useAddressed = (list, { known, epoch, selected: { number } }) => {
  const query = useQuery();
  const item = itemOf(useAddress());
  const written = useRef(null);
  useEffect(() => {
    const news = item > 0 && item !== written.current;
    written.current = item;
    list.show(query, news ? item : undefined);
  }, [list, query, item]);
  useEffect(() => {
    if (!known || !number) return undefined;
    const timer = setTimeout(() => {
      if (list.turn) return; // another list is coming, with another item perhaps
      written.current = number;
      setItem(number);
    }, ADDRESS_MS);
    return () => clearTimeout(timer);
  }, [known, number, epoch]);
};

export const ResultsViewer = ({ taskId }) => {
  const locale = useLocale();
  const [list, state] = useItems(taskId);
  useAddressed(list, state);
  const [choices, choose] = useChoices(taskId);
  const { item, failure } = useItem(list, state, state.selected.number, choices.format);
  const [lit, setLit] = useState(null);
  const [open, setOpen] = useState(false);
  const light = useCallback((index, by) => setLit(index === null ? null : { index, by }), []);
  const on = useMemo(() => item?.objects && shownOf(item.objects, choices).on, [item, choices]);
  const shining = lit && on?.[lit.index] ? lit : null; // what is not shown does not shine
  const move = (by) => list.select((list.state.selected.position ?? -by) + by);
  useAhead(list, state, item, choices.format);
  useEffect(() => setLit(null), [item]);
  useEffect(() => {
    if (state.total && document.activeElement === document.body) focusList();
  }, [state.total > 0]);

  if (!state.total) return h(Nothing, { state, locale });
  return h(
    "div",
    { className: "rv" },
    h(
      "section",
      { className: "ls", "aria-label": say(locale, "results.list") },
      h(Bar, { list, state }),
      h(ItemList, { list, state, nothing: h(NothingFound, { state }) }),
      h(Counter, { list, state, locale }),
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

const Counter = ({ list, state, locale }) => {
  const { found, failure, query } = state;
  const { position } = state.selected;
  const filtered = isFiltered(query);
  const unknown = found === 0 && (reading(state) || state.indexed.failed);
  const place =
    position === null
      ? unknown
        ? ""
        : say(locale, "results.found", { count: found })
      : say(locale, filtered ? "results.position_found" : "results.position", {
          number: position + 1,
          total: found,
        });
  return h(
    "div",
    { className: "bot num" },
    failure
      ? h(
          "span",
          { className: "warn cut", role: "alert", "data-testid": "away" },
          icon("offline", "ic s"),
          said(failure, locale),
        )
      : h("span", { className: "cut", title: place, "data-testid": "counter" }, place),
    h("span", { className: "grow" }),
    iconButton("up", say(locale, "results.previous"), {
      onClick: () => list.select(position - 1),
      disabled: !position,
    }),
    iconButton("down", say(locale, "results.next"), {
      onClick: () => list.select(position === null ? 0 : position + 1),
      disabled: position === null ? found === 0 : position >= found - 1,
    }),
  );
};

// In place of all else while there is no item.
export const Nothing = ({ state, locale }) => {
  const wrong = state.failure;
  if (!state.known && !wrong)
    return h("div", {
      className: "rv",
      "aria-busy": true,
      "aria-label": say(locale, "common.loading"),
    });
  const text = wrong
    ? said(wrong, locale)
    : say(locale, state.ended ? "results.none_ended" : "results.none_yet");
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
  return h(
    "span",
    { className: "t3 num nw", "data-testid": "results-count" },
    say(locale, key, { count: state.total }),
  );
};
