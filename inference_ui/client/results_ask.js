// Asking the server for the results of a task: addresses, answers, and what it refuses.
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

export const ask = async (path, signal) => {
  const answer = await fetch(path, { signal });
  if (!answer.ok) throw await refusal(answer);
  return answer.json();
};

export const pathOf = (taskId, number, part, generation) =>
  `/api/tasks/${encodeURIComponent(taskId)}/items` +
  (number ? `/${number}` : "") +
  (part ? `/${part}` : "") +
  (generation ? `?v=${generation}` : "");

// Whether what failed may go well when it is tried again: nobody answered, or the server itself failed.
export const passes = (failure) => !failure.code || failure.code.startsWith("HTTP 5");

// What a picture that the browser could not show is refused for.
export const whyNot = async (path) => {
  try {
    const answer = await fetch(path);
    return answer.ok ? new Refusal("PICTURE_UNKNOWN", {}) : await refusal(answer);
  } catch (failure) {
    return failure;
  }
};

// The oldest entries of a Map go when there are too many; `touch` makes one the newest.
export const touch = (map, key) => {
  const value = map.get(key);
  if (value !== undefined) {
    map.delete(key);
    map.set(key, value);
  }
  return value;
};
export const keep = (map, key, value, most) => {
  map.delete(key);
  map.set(key, value);
  while (map.size > most) map.delete(map.keys().next().value);
};

// Whether what is asked of all items must wait: they are still being read. Of a task that runs, the
// last ones always are.
const LAG = 20000;
export const reading = ({ total, ended, indexed }) =>
  !indexed.failed && indexed.lines < total && (ended || total - indexed.lines > LAG);

// How much of it was read, below 1 as long as it is not all.
export const shareRead = ({ indexed, total }) =>
  total ? Math.min(Math.floor((100 * indexed.progress) / total), 99) / 100 : 0;
