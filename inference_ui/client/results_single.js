// Single items of a task, as they were asked for last. Each is asked for once, whoever wants it, and
// given up when nobody does any more.
import { ask, keep, pathOf, touch } from "./results_ask";

const KEPT = 40;
const KEPT_LETTERS = 8000000; // of answers and requests, each of which may be a megabyte

const lettersOf = (item) => (item.result?.text.length ?? 0) + (item.request?.text.length ?? 0);

export class Singles {
  constructor(taskId) {
    this.taskId = taskId;
    this.known = new Map();
    this.asking = new Map();
    this.generation = "";
  }

  // Forget those of another generation.
  of(generation) {
    if (generation !== this.generation) this.forget();
    this.generation = generation;
  }

  forget() {
    this.known = new Map();
    this.asking = new Map();
  }

  get(number, signal, format) {
    const key = `${number} ${format ?? ""}`;
    const known = touch(this.known, key);
    if (known) return Promise.resolve(known);
    const asked = this.asking.get(key) ?? this.request(key, number, format);
    asked.wanted += 1;
    signal?.addEventListener("abort", () => {
      asked.wanted -= 1;
      if (asked.wanted > 0) return;
      asked.control.abort();
      this.leave(key, asked);
    });
    return asked.item;
  }

  request(key, number, format) {
    const control = new AbortController();
    const asked = { control, wanted: 0 };
    const path = pathOf(this.taskId, number) + (format ? `?box_format=${format}` : "");
    const { known } = this;
    asked.item = ask(path, control.signal)
      .then((item) => {
        keep(known, key, item, KEPT); // where it is forgotten when all were meanwhile
        let letters = 0;
        known.forEach((one) => (letters += lettersOf(one)));
        for (const [oldest, one] of known) {
          if (letters <= KEPT_LETTERS || oldest === key) break;
          known.delete(oldest);
          letters -= lettersOf(one);
        }
        return item;
      })
      .finally(() => this.leave(key, asked));
    this.asking.set(key, asked);
    return asked;
  }

  leave(key, asked) {
    if (this.asking.get(key) === asked) this.asking.delete(key);
  }
}
