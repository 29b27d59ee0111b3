// The items of a task as the browser knows them: pages of rows, fetched where they are looked at and
// forgotten when many were; how many there are, asked again while the task goes on; single items.
// One list serves all parts of a page. Numbers begin at 1.
import { useEffect, useState, useSyncExternalStore } from "react";

const PAGE = 200;
const PAGES_KEPT = 40;
const ITEMS_KEPT = 40;
const AGAIN_MS = 2000;

export class Refusal extends Error {
  constructor(code, args) {
    super(code);
    this.code = code;
    this.args = args;
  }
}

// What an answer that is no success says.
export const refusal = async (answer) => {
  const body = await answer.json().catch(() => ({}));
  return new Refusal(body.error?.code ?? `HTTP ${answer.status}`, body.error?.args ?? {});
};

const ask = async (path, signal) => {
  const answer = await fetch(path, { signal });
  if (!answer.ok) throw await refusal(answer);
  return answer.json();
};

export const pathOf = (taskId, number, part, generation) =>
  `/api/tasks/${encodeURIComponent(taskId)}/items` +
  (number ? `/${number}` : "") +
  (part ? `/${part}` : "") +
  (generation ? `?v=${generation}` : "");

// The oldest entries of a Map go when there are too many; `touch` makes one the newest.
const touch = (map, key) => {
  const value = map.get(key);
  if (value !== undefined) {
    map.delete(key);
    map.set(key, value);
  }
  return value;
};
const keep = (map, key, value, most) => {
  map.delete(key);
  map.set(key, value);
  while (map.size > most) map.delete(map.keys().next().value);
};

class Items {
  constructor(taskId) {
    this.taskId = taskId;
    this.listeners = new Set();
    this.pages = new Map();
    this.singles = new Map();
    this.loading = new Map();
    this.state = { total: 0, generation: "", ended: false, known: false, failure: null, version: 0 };
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
    this.state = { ...this.state, ...change, version: this.state.version + 1 };
    this.listeners.forEach((listener) => listener());
  }

  // Ask how many there are, and go on asking while there can be more or the server is away.
  async look() {
    clearTimeout(this.timer);
    if (!document.hidden || !this.state.known) {
      try {
        this.take(await ask(`${pathOf(this.taskId)}?limit=0`));
      } catch (error) {
        this.fail(error);
      }
    }
    if (!this.state.ended) this.again();
  }

  again() {
    clearTimeout(this.timer);
    if (this.listeners.size > 0) this.timer = setTimeout(() => this.look(), AGAIN_MS);
  }

  fail(failure) {
    this.set({ failure });
    this.again();
  }

  take({ total, generation, ended }) {
    const before = this.state;
    if (generation !== before.generation) {
      this.pages.clear();
      this.singles.clear();
      this.loading.forEach((control) => control.abort());
      this.loading.clear();
    }
    const same =
      before.known &&
      !before.failure &&
      total === before.total &&
      generation === before.generation &&
      ended === before.ended;
    if (!same) this.set({ total, generation, ended, known: true, failure: null });
  }

  row(number) {
    return this.pages.get(Math.floor((number - 1) / PAGE))?.[(number - 1) % PAGE];
  }

  // Fetch what is missing of the rows `first` to `last`; what is no longer wanted is given up.
  need(first, last) {
    const { total } = this.state;
    const wanted = new Set();
    for (let page = Math.floor((first - 1) / PAGE); page * PAGE < Math.min(last, total); page += 1) {
      wanted.add(page);
      const rows = touch(this.pages, page);
      const whole = rows && rows.length >= Math.min(PAGE, total - page * PAGE);
      if (!whole && !this.loading.has(page)) this.fetch(page);
    }
    this.loading.forEach((control, page) => {
      if (wanted.has(page)) return;
      control.abort();
      this.loading.delete(page);
    });
  }

  async fetch(page) {
    const control = new AbortController();
    this.loading.set(page, control);
    try {
      const path = `${pathOf(this.taskId)}?offset=${page * PAGE}&limit=${PAGE}`;
      const answer = await ask(path, control.signal);
      this.take(answer);
      keep(this.pages, page, answer.rows, PAGES_KEPT);
      this.set({});
    } catch (error) {
      if (!control.signal.aborted) this.fail(error);
    } finally {
      if (this.loading.get(page) === control) this.loading.delete(page);
    }
  }

  // An item, its boxes read in that format, else as the model package says.
  async item(number, signal, format) {
    const key = `${number} ${format ?? ""}`;
    const known = touch(this.singles, key);
    if (known) return known;
    const { generation } = this.state;
    const path = pathOf(this.taskId, number);
    const item = await ask(format ? `${path}?box_format=${format}` : path, signal);
    if (generation === this.state.generation) keep(this.singles, key, item, ITEMS_KEPT);
    return item;
  }

  // The model package says something else of boxes than before.
  forgetItems() {
    this.singles.clear();
  }
}

const lists = new Map();

const listOf = (taskId) => {
  const list = touch(lists, taskId) ?? new Items(taskId);
  keep(lists, taskId, list, 3);
  return list;
};

const NONE = new Items("").state;

// Return the list of a task, and what is known of it now.
export const useItems = (taskId) => {
  const list = listOf(taskId);
  return [list, useSyncExternalStore(list.subscribe, list.snapshot, () => NONE)];
};

// Return the item with that number once it is there, and until then the one before.
export const useItem = (list, { known, generation }, number, format) => {
  const [shown, setShown] = useState({ item: null, failure: null });
  useEffect(() => {
    if (!known || !number) return undefined;
    const control = new AbortController();
    list
      .item(number, control.signal, format)
      .then((item) => !control.signal.aborted && setShown({ item, failure: null }))
      .catch((failure) => !control.signal.aborted && setShown({ item: null, failure }));
    return () => control.abort();
  }, [list, known, generation, number, format]);
  return shown;
};

// What a picture that the browser could not show is refused for.
export const whyNot = async (path) => {
  try {
    const answer = await fetch(path);
    return answer.ok ? new Refusal("PICTURE_UNKNOWN", {}) : await refusal(answer);
  } catch {
    return new Refusal("PICTURE_UNKNOWN", {});
  }
};
