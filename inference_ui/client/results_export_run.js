// Exports that this tab asked for: the browser saves the file, and what the server says of it is
// shown here. One is known for each task, also after a reload, since the browser goes on saving.
import { useEffect, useSyncExternalStore } from "react";

const ASK_MS = 500;
const BEGINS_MS = 10000; // until then an export that the server does not know may still begin
const KEPT = "results-export:"; // in the tab's storage, with the task's id

const listeners = new Set();
const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
const runs = new Map();

const put = (taskId, run) => {
  if (run) runs.set(taskId, run);
  else runs.delete(taskId);
  try {
    if (run) window.sessionStorage.setItem(KEPT + taskId, JSON.stringify(run));
    else window.sessionStorage.removeItem(KEPT + taskId);
  } catch {
    // Without storage it is only not known after a reload.
  }
  listeners.forEach((listener) => listener());
};

const pathOf = (taskId, rest) => `/api/tasks/${encodeURIComponent(taskId)}/export${rest}`;

const newToken = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

const save = (url) => {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
};

// Begin to export `count` items, those that `query` (of an address, without its question mark) finds.
// `boxFormat` is how boxes are read, where not as the model package says.
export const startExport = (taskId, format, count, query, boxFormat) => {
  const token = newToken();
  const asked = new URLSearchParams(query);
  asked.set("format", format);
  asked.set("token", token);
  if (boxFormat) asked.set("box_format", boxFormat);
  const run = { token, format, state: "RUNNING", done: 0, total: count, bytes: 0, left_out: {} };
  put(taskId, { ...run, problem: null, at: Date.now() });
  save(pathOf(taskId, `?${asked}`));
  follow(taskId, token);
};

export const cancelExport = async (taskId) => {
  const run = runs.get(taskId);
  if (run) await fetch(pathOf(taskId, `/${run.token}`), { method: "DELETE" }).catch(() => null);
};

export const forgetExport = (taskId) => put(taskId, null);

const following = new Set();

// Ask how far it is until it has ended, or another one has taken its place.
const follow = (taskId, token) => {
  if (following.has(token)) return;
  following.add(token);
  const look = async () => {
    const said = await ask(taskId, token);
    const run = runs.get(taskId);
    if (run?.token !== token || run.state !== "RUNNING") return following.delete(token);
    if (said) put(taskId, { ...run, ...said, total: said.total || run.total });
    return setTimeout(look, ASK_MS);
  };
  look();
};

// Return what is to be known anew of an export, nothing while the server cannot be asked.
const ask = async (taskId, token) => {
  try {
    const answer = await fetch(pathOf(taskId, `/${token}`));
    if (answer.ok) return await answer.json();
    const young = Date.now() - (runs.get(taskId)?.at ?? 0) < BEGINS_MS;
    if (answer.status === 404 && young) return null;
    const { error } = await answer.json();
    return { state: "FAILED", problem: { code: error.code, args: error.args } };
  } catch {
    return null;
  }
};

const remembered = (taskId) => {
  try {
    return JSON.parse(window.sessionStorage.getItem(KEPT + taskId));
  } catch {
    return null;
  }
};

// The last export of a task: {format, state, done, total, bytes, left_out, problem}, or null.
export const useExport = (taskId) => {
  useEffect(() => {
    if (!taskId || runs.has(taskId)) return;
    const run = remembered(taskId);
    if (!run) return;
    put(taskId, run);
    if (run.state === "RUNNING") follow(taskId, run.token);
  }, [taskId]);
  return useSyncExternalStore(
    subscribe,
    () => runs.get(taskId) ?? null,
    () => null,
  );
};
