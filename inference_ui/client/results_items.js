// The items of a task as the browser knows them: of the list that is looked at, pages of rows, which
// are fetched where they are looked at and forgotten when many were; how many there are, asked again
// while there can be more; which one is selected; single items. One list serves all parts of a page.
//
// An item's number, from 1, is its own in every list. Its position, from 0, is where it stands in the
// list that is shown, which holds what a query (results_filter) leaves, in its order.
import { useEffect, useState, useSyncExternalStore } from "react";
import { ask, keep, passes, pathOf, reading, touch } from "./results_ask";
import { EMPTY, fromAddress, isPlain, itemOf, toSearch } from "./results_filter";
import { Singles } from "./results_single";

export { pathOf, Refusal, refusal, whyNot } from "./results_ask";

const PAGE = 200;
const PAGES_KEPT = 40;
const AGAIN_MS = 2000;
const SOON_MS = 400; // while a list waits for what is being read
const LATER_MS = 10000; // until the server tries again what it could not read
const PATIENCE_MS = 300; // so long may the list before stay in sight

const NOT_READ = {
  lines: 0,
  progress: 0,
  failed: false,
  counts: { succeeded: 0, failed: 0, unreadable: 0, empty: 0 },
};
const NOBODY = { number: 0, position: null };

// `total` are all items, `indexed` says how far they were looked into. `found` is the length of the
// list of `query`; a sorted one is as it was when there were `looked` items, until it is updated.
// `settling`: another list was asked for and takes its time. `replaced`: numbers mean other items
// than before. `epoch` changes with the list.
const START = {
  total: 0,
  generation: "",
  ended: false,
  indexed: NOT_READ,
  known: false,
  query: EMPTY,
  found: 0,
  looked: 0,
  settling: false,
  replaced: false,
  selected: NOBODY,
  failure: null,
  epoch: 0,
};

const pageOf = (position) => Math.floor(position / PAGE);

class Items {
  constructor(taskId) {
    this.taskId = taskId;
    this.listeners = new Set();
    this.pages = new Map();
    this.loading = new Map();
    this.singles = new Singles(taskId);
    this.turn = null;
    this.state = START;
    this.subscribe = this.subscribe.bind(this);
    this.snapshot = () => this.state;
  }

  subscribe(listener) {
    this.listeners.add(listener);
    if (this.listeners.size === 1) this.look();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) clearTimeout(this.timer);
    };
  }

  set(change) {
    this.state = { ...this.state, ...change };
    this.listeners.forEach((listener) => listener());
  }

  // --- which list ---

  // Show the list of a query with an item selected (0: the first), which stays as it is where none
  // is named. Where the list does not have it, its first is.
  show(query, number = (this.turn ?? this.state.selected).number) {
    const now = this.turn ?? { query: this.state.query, number: this.state.selected.number };
    const same = toSearch(query) === toSearch(now.query) && number === now.number;
    if (!same || (!this.turn && !this.state.known)) this.begin(query, number);
  }

  // Take in what was added since a sorted list was made.
  update() {
    this.begin(this.state.query, this.state.selected.number);
  }

  begin(query, number) {
    this.turn?.control.abort();
    clearTimeout(this.turn?.timer);
    const timer = setTimeout(() => this.set({ settling: true }), PATIENCE_MS);
    this.turn = { query, number, timer, control: new AbortController() };
    this.settle(this.turn);
  }

  async settle(turn) {
    try {
      turn.asked = true;
      const list = await this.open(turn);
      if (turn === this.turn) this.enter(turn, list);
    } catch (error) {
      if (turn === this.turn) this.fail(error);
    } finally {
      turn.asked = false;
    }
  }

  // Ask for a list: {answer, pages, position}. A sorted one is asked for at one length throughout.
  async open({ query, number, control: { signal } }) {
    const plain = isPlain(query);
    let position = plain && number ? number - 1 : 0;
    const answer = await this.page(query, pageOf(position), null, signal);
    const pages = new Map([[pageOf(position), answer.rows]]);
    if (!plain && number) {
      position = await this.place(query, number, answer.upto, signal);
      const page = pageOf(position ?? 0);
      if (!pages.has(page)) {
        pages.set(page, (await this.page(query, page, answer.upto, signal)).rows);
      }
    }
    return { answer, pages, position };
  }

  // Where an item stands in the list of a query; null where it does not.
  async place(query, number, upto, signal) {
    const search = toSearch(query);
    const most = upto === undefined ? "" : `&upto=${upto}`;
    const path = `${pathOf(this.taskId, number, "position")}?${search}${most}`;
    return (await ask(path, signal)).position;
  }

  page(query, page, upto, signal, limit = PAGE) {
    const asked = new URLSearchParams(toSearch(query));
    asked.set("offset", page * PAGE);
    asked.set("limit", limit);
    if (upto !== null) asked.set("upto", upto);
    return ask(`${pathOf(this.taskId)}?${asked}`, signal);
  }

  enter({ query, number, timer }, { answer, pages, position }) {
    clearTimeout(timer);
    this.turn = null;
    this.drop();
    this.pages = pages;
    const { total, generation, ended, indexed, found, upto } = answer;
    const { known, generation: before, epoch, total: held } = this.state;
    const replaced = known && held > 0 && generation !== before;
    this.singles.of(generation);
    this.set({
      ...{ total, generation, ended, indexed, found, query, replaced },
      looked: upto,
      known: true,
      settling: false,
      failure: null,
      epoch: epoch + 1,
    });
    this.set({ selected: this.chosen(number, position) });
    this.again();
  }

  // What is selected in a list that was just opened.
  chosen(number, position) {
    const { found, looked } = this.state;
    const later = number > looked && reading(this.state); // it may come yet
    if (found === 0 || (position === null && later)) return { number, position: null };
    const at = Math.min(position ?? 0, found - 1);
    return { number: this.numberAt(at), position: at };
  }

  // --- what is selected ---

  // The number of the item at a position; 0 while it is not known.
  numberAt(position) {
    if (position === null || position < 0 || position >= this.state.found) return 0;
    return isPlain(this.state.query) ? position + 1 : (this.row(position)?.number ?? 0);
  }

  select(position) {
    const { found } = this.state;
    if (this.turn || found === 0) return;
    const at = Math.max(0, Math.min(position, found - 1));
    this.set({ selected: { number: this.numberAt(at), position: at }, replaced: false });
  }

  // --- how many there are ---

  // Ask how many there are, and go on asking while there can be more or the server is away.
  async look() {
    clearTimeout(this.timer);
    const { known, query, looked } = this.state;
    if (!this.turn && !known) {
      const { search } = window.location;
      this.begin(fromAddress(search), itemOf(search));
    } else if (this.turn) {
      if (!this.turn.asked) await this.settle(this.turn);
    } else if (!document.hidden) {
      try {
        this.take(await this.page(query, 0, query.order ? looked : null, undefined, 0), query);
      } catch (error) {
        this.fail(error);
      }
    }
    this.again();
  }

  again() {
    clearTimeout(this.timer);
    const wait = this.pace();
    if (wait && this.listeners.size > 0) this.timer = setTimeout(() => this.look(), wait);
  }

  pace() {
    const { known, failure, ended, indexed, total, query } = this.state;
    if (!known || failure || this.turn) return AGAIN_MS;
    if (indexed.failed) return ended ? LATER_MS : AGAIN_MS;
    if (reading(this.state)) return isPlain(query) ? AGAIN_MS : SOON_MS;
    return ended && indexed.lines >= total ? 0 : AGAIN_MS;
  }

  fail(failure) {
    this.set({ failure });
    this.again();
  }

  // Take in an answer about the list of a query. Returns whether its rows belong to what is shown.
  take(answer, query) {
    const before = this.state;
    if (this.turn || query !== before.query) return false;
    if (answer.generation !== before.generation) {
      this.begin(query, before.selected.number);
      return false;
    }
    const { total, ended, indexed, upto } = answer;
    // The server may have forgotten what it had read, and be reading it again.
    const less = !isPlain(query) && upto < before.looked;
    const found = less ? before.found : answer.found;
    const looked = less ? before.looked : upto;
    const change = { total, ended, indexed, found, looked, failure: null };
    const told = Object.keys(change).some((name) => !alike(change[name], before[name]));
    if (told) this.set(change);
    this.follow(before);
    return !less;
  }

  // What is due when more was looked into than before.
  follow(before) {
    const { query, found, looked, indexed, selected } = this.state;
    const { number, position } = selected;
    const late = reading(before) && !reading(this.state);
    if (query.order && indexed.lines > looked && (reading(before) || found === 0)) {
      this.begin(query, number); // it was sorted without most of them
    } else if (position !== null || found === 0) {
      return;
    } else if (isPlain(query) || !number) {
      this.select(Math.max(number - 1, 0));
    } else if (late || (number > before.looked && number <= looked)) {
      this.begin(query, number);
    }
  }

  // --- rows ---

  row(position) {
    return this.pages.get(pageOf(position))?.[position % PAGE];
  }

  // Fetch what is missing of the rows `first` to `last`; what is no longer wanted is given up.
  need(first, last) {
    const { found } = this.state;
    const wanted = new Set();
    for (let page = pageOf(first); page * PAGE < Math.min(last + 1, found); page += 1) {
      wanted.add(page);
      const rows = touch(this.pages, page);
      const whole = rows && rows.length >= Math.min(PAGE, found - page * PAGE);
      if (!whole && !this.loading.has(page)) this.fetch(page);
    }
    this.drop(wanted);
  }

  drop(wanted = new Set()) {
    this.loading.forEach((control, page) => {
      if (wanted.has(page)) return;
      control.abort();
      this.loading.delete(page);
    });
  }

  async fetch(page) {
    const control = new AbortController();
    const { query, looked } = this.state;
    this.loading.set(page, control);
    try {
      const upto = query.order ? looked : null;
      const answer = await this.page(query, page, upto, control.signal);
      if (this.loading.get(page) !== control || !this.take(answer, query)) return;
      keep(this.pages, page, answer.rows, PAGES_KEPT);
      const { number, position } = this.state.selected;
      this.set(number ? {} : { selected: { number: this.numberAt(position), position } });
    } catch (error) {
      if (!control.signal.aborted) this.fail(error);
    } finally {
      if (this.loading.get(page) === control) this.loading.delete(page);
    }
  }

  // An item, its boxes read in that format, else as the model package says.
  item(number, signal, format) {
    return this.singles.get(number, signal, format);
  }

  // The model package says something else of boxes than before.
  forgetItems() {
    this.singles.forget();
  }
}

const alike = (one, other) => JSON.stringify(one) === JSON.stringify(other);

const lists = new Map();

const listOf = (taskId) => {
  const list = touch(lists, taskId) ?? new Items(taskId);
  keep(lists, taskId, list, 3);
  return list;
};

// Return the list of a task, and what is known of it now.
export const useItems = (taskId) => {
  const list = listOf(taskId);
  return [list, useSyncExternalStore(list.subscribe, list.snapshot, () => START)];
};

// Return the item with that number once it is there, and until then the one before. While the server is
// away it is asked for again and again.
export const useItem = (list, { known, generation }, number, format) => {
  const [shown, setShown] = useState({ item: null, failure: null });
  useEffect(() => {
    if (!known || !number) return undefined;
    const control = new AbortController();
    let timer = 0;
    const load = async () => {
      try {
        const item = await list.item(number, control.signal, format);
        if (!control.signal.aborted) setShown({ item, failure: null });
      } catch (failure) {
        if (control.signal.aborted) return;
        setShown({ item: null, failure });
        if (passes(failure)) timer = setTimeout(load, AGAIN_MS);
      }
    };
    load();
    return () => {
      control.abort();
      clearTimeout(timer);
    };
  }, [list, known, generation, number, format]);
  return shown;
};
