// Single items of a task, as they were asked for last. Each is asked for once, whoever wants it, and
// given up when nobody does any more.
import { ask, keep, pathOf, touch } from "./results_ask";

const KEPT = 40;

export class Singles {
  constructor(taskId) {
    this.taskId = taskId;
    this.known = new Map();
    this.asking = new Map();
    this.generation = "";
  }

  // Forget those of another generation.
  of(generation) {
    if (generation === this.generation) return;
    this.known.clear();
    this.asking.clear();
    this.generation = generation;
  }

  get(number, signal) {
    const known = touch(this.known, number);
    if (known) return Promise.resolve(known);
    const asked = this.asking.get(number) ?? this.request(number);
    asked.wanted += 1;
    signal?.addEventListener("abort", () => {
      asked.wanted -= 1;
      if (asked.wanted > 0) return;
      asked.control.abort();
      this.leave(number, asked);
    });
    return asked.item;
  }

  request(number) {
    const control = new AbortController();
    const asked = { control, wanted: 0 };
    const { generation } = this;
    asked.item = ask(pathOf(this.taskId, number), control.signal)
      .then((item) => {
        if (generation === this.generation) keep(this.known, number, item, KEPT);
        return item;
      })
      .finally(() => this.leave(number, asked));
    this.asking.set(number, asked);
    return asked;
  }

  leave(number, asked) {
    if (this.asking.get(number) === asked) this.asking.delete(number);
  }
}
