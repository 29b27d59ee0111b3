// Has at hand what is looked at next: of the items around the selected one, most of them in the
// direction of the last move, what is said of them and their pictures, decoded.
import { useEffect, useRef } from "react";
import { pathOf } from "./results_ask";

const CALM_MS = 50; // since the last item was shown: whoever flies by needs none of this
const STEPS = [1, 2, -1];

class Ahead {
  constructor(list) {
    this.list = list;
    this.coming = new Map();
    this.format = null;
  }

  // Fetch these items; what of others is still on its way is given up.
  want(numbers) {
    this.coming.forEach((one, number) => {
      if (numbers.includes(number)) return;
      one.control.abort();
      if (!one.image.complete) one.image.src = "";
      this.coming.delete(number);
    });
    numbers.filter((number) => !this.coming.has(number)).forEach((number) => this.fetch(number));
  }

  async fetch(number) {
    const { list } = this;
    const { generation } = list.state;
    const one = { control: new AbortController(), image: new Image() };
    this.coming.set(number, one);
    try {
      const item = await list.item(number, one.control.signal, this.format);
      if (one.control.signal.aborted || !item.picture) return;
      one.image.src = pathOf(list.taskId, number, "picture", generation);
      await one.image.decode();
    } catch {
      // Whoever opens the item hears what is wrong with it.
    }
  }
}

// `format` is how boxes are read, as in the list's `item`.
export const useAhead = (list, { selected, epoch }, item, format) => {
  const ahead = useRef(null);
  const before = useRef(0);
  const { number, position } = selected;
  if (ahead.current?.list !== list) ahead.current = new Ahead(list);
  ahead.current.format = format;
  useEffect(() => {
    if (!item || item.number !== number || position === null) return undefined;
    const way = position >= before.current ? 1 : -1;
    before.current = position;
    const next = STEPS.map((step) => list.numberAt(position + step * way));
    const timer = setTimeout(() => ahead.current.want([number, ...next].filter(Boolean)), CALM_MS);
    return () => clearTimeout(timer);
  }, [list, item, number, position, epoch]);
  useEffect(() => () => ahead.current.want([]), [list]);
};
