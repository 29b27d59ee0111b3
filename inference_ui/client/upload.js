// Uploading a new dataset: choosing what, saying where to, and the uploads that are under way.
// What is sent, and how far it is, is known to upload_send.js and to the server.
import { createElement as h, useEffect, useId, useRef, useState } from "react";
import { percent, say, sayOf, size, useLocale } from "./i18n";
import { icon } from "./results_parts";
import { bytesOf, fromDrop, fromList, isZip } from "./upload_files";
import { again, ask, dismiss, goOn, rename, start, useUploads } from "./upload_send";

const ARCHIVE = "archive.zip";

const wordsOf = (failure, locale) =>
  failure.key
    ? say(locale, failure.key, failure.args)
    : failure.code
      ? sayOf(locale, "reason", failure.code, failure.args)
      : say(locale, "upload.unreachable");

const Problem = ({ failure, locale, id }) =>
  failure && h("p", { className: "e", role: "alert", id }, icon("warning"), h("span", null, wordsOf(failure, locale)));

// What the chosen files are as an upload: {zipped, files, name, bytes}, or {key} for what is wrong.
const chosenOf = ({ files, folder }) => {
  if (!files.length) return { key: "upload.no_files" };
  const zips = files.filter(({ file }) => isZip(file));
  if (!folder && zips.length && files.length > 1) return { key: "upload.two_kinds" };
  const zipped = !folder && zips.length === 1;
  const [{ file }] = files;
  return {
    zipped,
    files: zipped ? [{ path: ARCHIVE, file }] : files,
    name: zipped ? file.name.replace(/\.zip$/i, "") : folder,
    shown: file.name,
    bytes: bytesOf(files),
  };
};

export const Upload = ({ volumes, open }) => {
  const locale = useLocale();
  const { list } = useUploads();
  if (!open && !list.length) return null;
  return h(
    "section",
    { className: "up", "aria-label": say(locale, "upload.title"), "data-testid": "upload" },
    open && h(Form, { volumes: volumes ?? [], locale }),
    list.length > 0 &&
      h(
        "ul",
        { className: "ups", "aria-label": say(locale, "upload.current") },
        list.map((one) => h(Line, { key: one.id, one, locale })),
      ),
  );
};

const Form = ({ volumes, locale }) => {
  const id = useId();
  const [chosen, setChosen] = useState(null);
  const [failure, setFailure] = useState(null);
  const [name, setName] = useState("");
  const [volume, setVolume] = useState("");
  const [problems, setProblems] = useState({});
  const [beginning, setBeginning] = useState(false);
  const field = useRef(null);
  const only = volumes.length === 1 ? volumes[0][0] : "";
  const place = volume || only;

  useEffect(() => {
    if (chosen) field.current?.focus();
  }, [chosen]);

  const take = (found) => {
    const next = chosenOf(found);
    if (next.key) return setFailure(next);
    setFailure(null);
    setProblems({});
    setName((typed) => typed || next.name);
    return setChosen(next);
  };
  const clear = () => {
    setChosen(null);
    setName("");
    setProblems({});
    setFailure(null);
  };
  const draft = (changes = {}) => ({
    name,
    volume_id: place,
    files: chosen.files.length,
    bytes: chosen.bytes,
    zipped: chosen.zipped,
    ...changes,
  });
  const check = async (key, changes) => {
    const found = await ask("/check", "POST", draft(changes)).catch(() => ({}));
    setProblems((before) => ({ ...before, [key]: found[key] }));
  };
  const send = async (event) => {
    event.preventDefault();
    if (beginning) return;
    setBeginning(true);
    setFailure(null);
    try {
      await start(draft(), chosen.files);
      clear();
    } catch (error) {
      if (error.fields) {
        setProblems(error.fields);
        setFailure(error.fields.files ?? null);
      } else setFailure(error);
    } finally {
      setBeginning(false);
    }
  };

  if (!chosen) return h(Drop, { id, take, failure, locale });
  return h(
    "form",
    { onSubmit: send, noValidate: true, "aria-label": say(locale, "upload.title") },
    h(
      "div",
      { className: "what" },
      h(
        "b",
        { className: "num cut", "data-testid": "upload-chosen" },
        chosen.zipped
          ? say(locale, "upload.chosen_zip", { name: chosen.shown, bytes: chosen.bytes })
          : say(locale, "upload.chosen", { files: chosen.files.length, bytes: chosen.bytes }),
      ),
      h("button", { type: "button", className: "btn gho sm", onClick: clear }, say(locale, "upload.clear")),
    ),
    h(
      "div",
      { className: "row" },
      h(
        "div",
        { className: "f" },
        h("label", { htmlFor: `${id}name` }, say(locale, "upload.name")),
        h("input", {
          id: `${id}name`,
          ref: field,
          className: problems.name ? "inp err" : "inp",
          value: name,
          autoComplete: "off",
          "aria-invalid": Boolean(problems.name),
          "aria-describedby": `${id}name-e`,
          onChange: ({ target }) => setName(target.value),
          onBlur: () => check("name"),
          "data-testid": "upload-name",
        }),
        h(Problem, { failure: problems.name, locale, id: `${id}name-e` }),
      ),
      h(
        "div",
        { className: "f" },
        h("label", { htmlFor: `${id}volume` }, say(locale, "upload.volume")),
        h(
          "div",
          { className: "sel" },
          h(
            "select",
            {
              id: `${id}volume`,
              className: problems.volume_id ? "inp err" : "inp",
              value: place,
              "aria-invalid": Boolean(problems.volume_id),
              "aria-describedby": `${id}volume-e`,
              onChange: ({ target }) => {
                setVolume(target.value);
                check("volume_id", { volume_id: target.value });
              },
              "data-testid": "upload-volume",
            },
            !only && h("option", { value: "" }, say(locale, "upload.choose")),
            volumes.map(([value, label]) => h("option", { key: value, value }, label)),
          ),
          icon("down"),
        ),
        h(Problem, { failure: problems.volume_id, locale, id: `${id}volume-e` }),
      ),
      h(
        "button",
        { type: "submit", className: "btn pri", disabled: beginning, "data-testid": "upload-send" },
        say(locale, beginning ? "upload.beginning" : "upload.send"),
      ),
    ),
    h(Problem, { failure, locale }),
  );
};

// A button that opens the browser's own choice of files, or of a folder.
const Choose = ({ id, label, folder, accept, multiple, take, testid }) =>
  h(
    "span",
    { className: "pick" },
    h("input", {
      id,
      type: "file",
      className: "sr",
      accept,
      multiple,
      ...(folder && { webkitdirectory: "" }),
      onChange: ({ target }) => {
        if (target.files.length) take(fromList(target.files));
        target.value = "";
      },
      "data-testid": testid,
    }),
    h("label", { htmlFor: id, className: "btn sm" }, label),
  );

const Drop = ({ id, take, failure, locale }) => {
  const [over, setOver] = useState(false);
  const drop = async (event) => {
    event.preventDefault();
    setOver(false);
    take(await fromDrop(event.dataTransfer).catch(() => ({ files: [], folder: "" })));
  };
  return h(
    "div",
    {
      className: over ? "drop over" : "drop",
      onDragOver: (event) => event.preventDefault(),
      onDragEnter: () => setOver(true),
      onDragLeave: ({ currentTarget, relatedTarget }) => !currentTarget.contains(relatedTarget) && setOver(false),
      onDrop: drop,
      "data-testid": "upload-drop",
    },
    h("p", { className: "t2" }, say(locale, "upload.drop")),
    h(
      "div",
      { className: "picks" },
      h(Choose, { id: `${id}files`, label: say(locale, "upload.choose_files"), multiple: true, take, testid: "upload-files" }),
      h(Choose, { id: `${id}folder`, label: say(locale, "upload.choose_folder"), folder: true, multiple: true, take, testid: "upload-folder" }),
      h(Choose, { id: `${id}zip`, label: say(locale, "upload.choose_zip"), accept: ".zip", take, testid: "upload-zip" }),
    ),
    h(Problem, { failure, locale }),
  );
};

const CAN_CANCEL = new Set(["sending", "waiting", "elsewhere", "paused", "stopped", "renaming", "unpacking", "other"]);

const Line = ({ one, locale }) => {
  const { id, upload, state, failure, seconds, ahead } = one;
  const [sure, setSure] = useState(false);
  const [wrong, setWrong] = useState(null);
  const unpacking = state === "unpacking";
  const total = unpacking ? upload.unpacked_total : upload.bytes;
  const now = unpacking ? upload.unpacked : upload.arrived_bytes + ahead;
  const done = Math.min(now, total);
  const share = state === "done" ? 1 : total ? done / total : 0;
  const moving = state === "sending" || unpacking || state === "finishing";
  const take = (found) => {
    const { files, key } = chosenOf(found);
    const other = key ? null : again(id, files);
    setWrong(
      key
        ? { key }
        : other && {
            key: "upload.other_files",
            args: { ...other, wanted_files: upload.files, wanted_bytes: upload.bytes },
          },
    );
  };
  const remove = () => dismiss(id).catch((error) => setWrong(error));
  const words =
    state === "other"
      ? say(locale, "upload.state_other", { owner: upload.owner })
      : state === "waiting"
        ? say(locale, "upload.state_waiting", { seconds })
        : state === "renaming" || state === "reading"
          ? ""
          : say(locale, `upload.state_${state}`);
  return h(
    "li",
    { className: `upl ${state}`, "data-testid": "upload-line", "data-state": state },
    h(
      "div",
      { className: "top" },
      h("b", { className: "cut", title: upload.name }, upload.name),
      h("span", { className: state === "failed" ? "bad" : "t2", role: "status" }, words),
      h("span", { className: "grow" }),
      state !== "done" && state !== "failed" &&
        h(
          "span",
          { className: "num t2 nw", "data-testid": "upload-amount" },
          say(locale, "upload.amount", { done: size(locale, done), total: size(locale, total) }),
          !unpacking && !upload.zipped && " · ",
          !unpacking && !upload.zipped &&
            say(locale, "upload.amount_files", { done: upload.arrived_files, total: upload.files }),
        ),
      state === "done" &&
        h("a", { className: "btn sm", href: `/datasets/${upload.dataset_id}`, "data-testid": "upload-open" }, say(locale, "upload.open")),
      (state === "done" || state === "failed") &&
        h("button", { type: "button", className: "btn gho sm", onClick: remove }, say(locale, "upload.dismiss")),
      (state === "waiting" || state === "stopped") &&
        h("button", { type: "button", className: "btn sm", onClick: () => goOn(id), disabled: state === "waiting" }, say(locale, "upload.go_on")),
      state === "paused" &&
        (upload.zipped
          ? h(Choose, { id: `${id}zip`, label: say(locale, "upload.choose_zip"), accept: ".zip", take, testid: "upload-again-zip" })
          : [
              h(Choose, { key: "files", id: `${id}files`, label: say(locale, "upload.choose_again"), multiple: true, take, testid: "upload-again" }),
              h(Choose, { key: "folder", id: `${id}folder`, label: say(locale, "upload.choose_again_folder"), folder: true, multiple: true, take, testid: "upload-again-folder" }),
            ]),
      CAN_CANCEL.has(state) && !sure &&
        h(
          "button",
          { type: "button", className: "btn gho sm", "aria-label": say(locale, "upload.cancel_of", { name: upload.name }), onClick: () => setSure(true), "data-testid": "upload-cancel" },
          say(locale, "upload.cancel"),
        ),
    ),
    h(
      "div",
      {
        className: moving ? "bar run" : "bar",
        role: "progressbar",
        "aria-label": say(locale, "upload.progress", { name: upload.name }),
        "aria-valuemin": 0,
        "aria-valuemax": 100,
        "aria-valuenow": Math.floor(share * 100),
        "aria-valuetext": percent(locale, share),
      },
      h("i", { style: { width: `${share * 100}%` } }),
    ),
    sure &&
      h(
        "div",
        { className: "sure" },
        h("span", null, say(locale, "upload.cancel_sure")),
        h("button", { type: "button", className: "btn sm", autoFocus: true, onClick: () => setSure(false) }, say(locale, "upload.cancel_no")),
        h("button", { type: "button", className: "btn sm dng", onClick: remove, "data-testid": "upload-cancel-yes" }, say(locale, "upload.cancel_yes")),
      ),
    state === "renaming"
      ? h(Rename, { id, upload, failure, locale })
      : h(Problem, { failure: wrong ?? failure, locale }),
  );
};

const Rename = ({ id, upload, failure, locale }) => {
  const field = useId();
  const [name, setName] = useState(upload.name);
  const send = (event) => {
    event.preventDefault();
    rename(id, name);
  };
  return h(
    "form",
    { onSubmit: send, noValidate: true, className: "ren" },
    h(
      "div",
      { className: "f" },
      h("label", { htmlFor: field }, say(locale, "upload.new_name")),
      h("input", { id: field, className: "inp sm err", value: name, autoComplete: "off", onChange: ({ target }) => setName(target.value), "data-testid": "upload-new-name" }),
      h(Problem, { failure, locale }),
    ),
    h("button", { type: "submit", className: "btn sm" }, say(locale, "upload.go_on")),
  );
};
