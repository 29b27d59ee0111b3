// Files that somebody chose or dropped, and keeping them over a reload of the page.
// A chosen file is {path, file}: its path in the dataset, and the browser's File.

const JUNK = new Set([".ds_store", "thumbs.db", "desktop.ini"]);
const isJunk = (path) => {
  const parts = path.toLowerCase().split("/");
  const name = parts[parts.length - 1];
  return parts.slice(0, -1).includes("__macosx") || JUNK.has(name) || name.startsWith("._");
};

export const isZip = ({ name }) => /\.zip$/i.test(name);

// Leave out what desktops left, and a folder that all of them lie in: it becomes the dataset's.
const tidy = (chosen) => {
  const wanted = chosen.filter(({ path }) => !isJunk(path));
  const [top] = wanted[0]?.path.split("/") ?? [];
  const under = wanted.length > 0 && wanted.every(({ path }) => path.startsWith(`${top}/`));
  const files = under ? wanted.map(({ path, file }) => ({ path: path.slice(top.length + 1), file })) : wanted;
  return { files, folder: under ? top : "" };
};

export const fromList = (list) =>
  tidy([...list].map((file) => ({ path: file.webkitRelativePath || file.name, file })));

const entriesOf = (reader) => new Promise((done, failed) => reader.readEntries(done, failed));
const fileOf = (entry) => new Promise((done, failed) => entry.file(done, failed));

const walk = async (entry, path, found) => {
  if (entry.isFile) return found.push({ path, file: await fileOf(entry) });
  const reader = entry.createReader();
  for (let some = await entriesOf(reader); some.length; some = await entriesOf(reader)) {
    for (const one of some) await walk(one, `${path}/${one.name}`, found);
  }
  return undefined;
};

// What was dropped, with all that lies in its folders. The entries must be taken at once: the
// browser forgets them when the event is over.
export const fromDrop = async ({ items, files }) => {
  const entries = [...items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return fromList(files);
  const found = [];
  for (const entry of entries) await walk(entry, entry.name, found);
  return tidy(found);
};

export const bytesOf = (files) => files.reduce((sum, { file }) => sum + file.size, 0);

// Kept files lie in the browser's database, some hundred in each record.
const DATABASE = "inference-ui.uploads";
const STORE = "files";
const RECORD = 500;

const settled = (request) =>
  new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });

const ended = (transaction) =>
  new Promise((done, failed) => {
    transaction.oncomplete = () => done();
    transaction.onerror = () => failed(transaction.error);
    transaction.onabort = () => failed(transaction.error);
  });

const open = () => {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: ["upload", "at"] });
  return settled(request);
};

const withStore = async (mode, work) => {
  const database = await open();
  try {
    const transaction = database.transaction(STORE, mode);
    const over = ended(transaction);
    const result = work(transaction.objectStore(STORE));
    const value = result instanceof IDBRequest ? await settled(result) : undefined;
    await over;
    return value;
  } finally {
    database.close();
  }
};

const rangeOf = (upload) => IDBKeyRange.bound([upload, 0], [upload, Infinity]);

export const forget = (upload) =>
  withStore("readwrite", (store) => store.delete(rangeOf(upload))).catch(() => {});

// Keep the files of an upload; all or none. Browsers refuse what is too large for them.
export const keep = async (upload, files) => {
  try {
    for (let at = 0; at < files.length; at += RECORD) {
      await withStore("readwrite", (store) => store.put({ upload, at, files: files.slice(at, at + RECORD) }));
    }
    return true;
  } catch {
    await forget(upload);
    return false;
  }
};

// The files kept for an upload; none when they were never kept, or not to the last one.
export const kept = async ({ id, files }) => {
  try {
    const records = await withStore("readonly", (store) => store.getAll(rangeOf(id)));
    const found = records.flatMap((record) => record.files);
    return found.length === files ? found : [];
  } catch {
    return [];
  }
};
