// Sending uploads. The server knows what has arrived; this sends the rest, batch by batch, and goes
// on by itself after a cut connection or a reload. One sender an upload in this tab; the server
// sees to it that no other tab sends at the same time.
import { useSyncExternalStore } from "react";
import { bytesOf, forget, keep, kept } from "./upload_files";

const URL_OF = "/api/uploads";
const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_FILES = 200;
const LONGEST_WAIT_S = 30;
const ELSEWHERE_S = 5;
const LOOK_MS = 700;
const AGAIN = new Set(["UPLOAD_BUSY", "UPLOAD_OFFSET"]);

// A name for this page alone: a duplicated tab must get another one.
const ME = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

export const ask = async (path, method = "GET", body = undefined) => {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const text = body === undefined ? undefined : JSON.stringify(body);
  const answer = await fetch(URL_OF + path, { method, headers, body: text });
  const came = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (!answer.ok) throw { status: answer.status, ...(came.error ?? {}) };
  return came;
};

// One batch: a line that says what follows, then the bytes. A Blob of Files is read as it is sent.
const post = (id, pieces, onBytes, control) =>
  new Promise((done, failed) => {
    const line = pieces.map(({ path, file, offset, length }) => ({ path, size: file.size, offset, length }));
    const body = new Blob([
      `${JSON.stringify(line)}\n`,
      ...pieces.map(({ file, offset, length }) => file.slice(offset, offset + length)),
    ]);
    const request = new XMLHttpRequest();
    control.abort = () => request.abort();
    request.open("POST", `${URL_OF}/${id}/files`);
    request.setRequestHeader("X-Sender", ME);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded }) => onBytes(Math.max(0, Math.min(loaded, body.size)));
    request.onload = () =>
      request.status < 300
        ? done(request.response)
        : failed({ status: request.status, ...(request.response?.error ?? {}) });
    request.onerror = () => failed({ status: 0 });
    request.onabort = () => failed({ aborted: true });
    request.send(body);
  });

// Whether files can still be read: what was moved or deleted meanwhile looks like a cut connection.
const readable = async (pieces) => {
  try {
    for (const { file } of pieces) await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
};

// Return the next pieces to send, given what has arrived.
const nextOf = (files, from, arrived) => {
  const pieces = [];
  let left = BATCH_BYTES;
  let at = from;
  while (at < files.length && pieces.length < BATCH_FILES && left > 0) {
    const { path, file } = files[at];
    const offset = Math.min(arrived.parts[path] ?? 0, file.size);
    if (arrived.files[path] === undefined) {
      const length = Math.min(file.size - offset, left);
      pieces.push({ path, file, offset, length });
      left -= length;
      if (offset + length < file.size) break;
    }
    at += 1;
  }
  return pieces;
};

class Sender {
  constructor(upload, files) {
    this.id = upload.id;
    this.upload = upload;
    this.files = files;
    this.state = files ? "sending" : "reading";
    this.failure = null;
    this.seconds = 0;
    this.ahead = 0; // bytes of the batch on its way
    this.control = {};
    this.over = false;
    this.order = Date.parse(upload.created_at);
  }

  show(changes) {
    Object.assign(this, changes);
    tell();
  }

  async begin() {
    if (!this.files) {
      const found = await kept(this.upload);
      if (this.over) return;
      if (!found.length) return this.show({ state: "paused" });
      this.files = found;
    }
    await this.run();
  }

  async run() {
    let waits = 0;
    while (!this.over) {
      try {
        this.show({ state: "sending", failure: null });
        await this.sendAll(() => (waits = 0));
        if (!this.over) await this.finish();
        return;
      } catch (error) {
        if (this.over || error?.aborted) return;
        const next = this.judge(error, waits);
        if (!next) return;
        waits += 1;
        this.show({ ...next, ahead: 0 });
        await this.wait(next.seconds);
      }
    }
  }

  // What an error means: null for the end of this, else how it shows and how long to wait.
  judge(error, waits) {
    if (!(error && typeof error === "object" && "status" in error)) error = { status: 0 };
    if (error.code === "UPLOAD_ELSEWHERE") return { state: "elsewhere", seconds: ELSEWHERE_S };
    const seconds = Math.min(2 ** waits, LONGEST_WAIT_S);
    if (AGAIN.has(error.code)) return { state: "sending", seconds };
    if (error.gone) this.show({ state: "paused", files: null, ahead: 0 });
    else if (error.code === "UPLOAD_UNKNOWN") drop(this.id);
    else if (error.code === "UPLOAD_NOT_RECEIVING") this.follow();
    else if (!error.code && (error.status === 0 || error.status >= 500)) return { state: "waiting", seconds };
    else this.show({ state: "stopped", failure: error, ahead: 0 });
    return null;
  }

  async wait(seconds) {
    for (let left = Math.ceil(seconds); left > 0 && !this.over; left -= 1) {
      this.show({ seconds: left });
      await pause(Math.min(1, seconds));
    }
  }

  async sendAll(onSent) {
    const arrived = await ask(`/${this.id}/arrived`);
    let at = 0;
    while (!this.over) {
      while (at < this.files.length && arrived.files[this.files[at].path] !== undefined) at += 1;
      const pieces = nextOf(this.files, at, arrived);
      if (!pieces.length) return;
      let came;
      try {
        came = await post(this.id, pieces, (ahead) => this.show({ ahead }), this.control);
      } catch (error) {
        if (error.status === 0 && !(await readable(pieces))) throw { status: 0, gone: true };
        throw error;
      }
      for (const { path, file, offset, length } of pieces) {
        if (offset + length === file.size) arrived.files[path] = file.size;
        else arrived.parts[path] = offset + length;
      }
      onSent();
      this.show({ ahead: 0, upload: { ...this.upload, arrived_files: came.files, arrived_bytes: came.bytes } });
    }
  }

  async finish(name = "") {
    this.show({ state: "finishing" });
    try {
      const upload = await ask(`/${this.id}/finish`, "POST", { name });
      this.show({ upload });
      await this.follow();
    } catch (error) {
      if (error.fields?.name) this.show({ state: "renaming", failure: error.fields.name });
      else throw error;
    }
  }

  async rename(name) {
    try {
      await this.finish(name);
    } catch (error) {
      this.show({ state: "renaming", failure: error.status ? error : { status: 0 } });
    }
  }

  // Look until the server has unpacked, or refused.
  async follow() {
    while (!this.over) {
      const upload = await ask(`/${this.id}`).catch((error) => (error.status === 404 ? null : this.upload));
      if (!upload) return drop(this.id);
      if (upload.status === "RECEIVING") {
        return this.show({ upload, state: upload.reason ? "renaming" : "stopped", failure: upload.reason });
      }
      this.show({ upload, state: upload.status.toLowerCase(), failure: upload.reason });
      if (upload.status !== "UNPACKING") return forget(this.id);
      await pause(LOOK_MS / 1000);
    }
    return undefined;
  }

  // Go on with files that were chosen again; null, or what is wrong with them.
  again(files) {
    const bytes = bytesOf(files);
    if (files.length !== this.upload.files || bytes !== this.upload.bytes) return { files: files.length, bytes };
    this.files = files;
    hold(this.id, files);
    this.run();
    return null;
  }

  stop() {
    this.over = true;
    this.control.abort?.();
  }
}

// All senders of this page, as what shows them sees them.
const senders = new Map();
const listeners = new Set();
let seen = { list: [], loaded: false };

const tell = () => {
  const newest = [...senders.values()].sort((a, b) => b.order - a.order);
  const list = newest.map(({ id, upload, state, failure, seconds, ahead }) => ({
    id, upload, state, failure, seconds, ahead,
  }));
  seen = { list, loaded: seen.loaded };
  listeners.forEach((listener) => listener());
};

const add = (upload, files) => {
  const sender = new Sender(upload, files);
  senders.set(upload.id, sender);
  tell();
  return sender;
};

const drop = (id) => {
  senders.get(id)?.stop();
  senders.delete(id);
  forget(id);
  tell();
};

// Keep files for a reload; not longer than they are needed, should the upload be the faster one.
const hold = async (id, files) => {
  await keep(id, files);
  const sender = senders.get(id);
  if (!sender || sender.over || sender.state === "done") forget(id);
};

// Take up what the server knows of this user's uploads.
const load = async () => {
  const uploads = await ask("").catch(() => []);
  seen = { ...seen, loaded: true };
  for (const upload of uploads) {
    if (senders.has(upload.id)) continue;
    const sender = add(upload, null);
    if (upload.status === "UNPACKING") sender.follow();
    else if (upload.status !== "RECEIVING") sender.show({ state: upload.status.toLowerCase(), failure: upload.reason });
    else if (!upload.mine) sender.show({ state: "other" });
    else if (upload.reason) sender.show({ state: "renaming", failure: upload.reason });
    else sender.begin();
  }
  tell();
};

export const start = async (draft, files) => {
  const upload = await ask("", "POST", draft);
  const sender = add(upload, files);
  hold(upload.id, files);
  sender.run();
};

export const goOn = (id) => senders.get(id)?.run();
export const rename = (id, name) => senders.get(id)?.rename(name);
export const again = (id, files) => senders.get(id)?.again(files) ?? null;
export const dismiss = async (id) => {
  const sender = senders.get(id);
  if (!sender) return;
  const before = sender.state;
  sender.stop();
  if (before !== "done") {
    await ask(`/${id}`, "DELETE").catch((error) => {
      if (error.status !== 404 && error.status !== 409) {
        sender.over = false;
        sender.show({ state: "stopped", failure: error });
        throw error;
      }
    });
  }
  drop(id);
};

if (typeof window !== "undefined") {
  window.addEventListener("pagehide", () => {
    for (const { id, upload, files } of senders.values()) {
      if (files && upload.status === "RECEIVING") navigator.sendBeacon(`${URL_OF}/${id}/release?sender=${ME}`);
    }
  });
}

const subscribe = (listener) => {
  listeners.add(listener);
  if (listeners.size === 1) load();
  return () => listeners.delete(listener);
};

const NONE = { list: [], loaded: false };
export const useUploads = () => useSyncExternalStore(subscribe, () => seen, () => NONE);
