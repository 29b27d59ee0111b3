// Asking a running server one thing, and what came of it. The form sends JSON, or a picture as it
// is, to `url`; an answer in what comes back ({answer: …}) stands below the form. `onSent` gets all
// that came back, for those who are answered later.
import { createElement as h, useCallback, useEffect, useId, useMemo, useRef, useState } from "react";
import { number, say, sayOf, size as sizeOf, useLocale } from "./i18n";
import { Boxes } from "./results_boxes";
import { jsonLines, textOf } from "./results_json";
import { icon, iconButton } from "./results_parts";
import { Copy, JsonLine, Objects, Reading } from "./results_side";

const LARGEST = 32 * 1024 * 1024; // bytes; the server refuses more
const LARGEST_FIT = 4;
const HIGHEST = 480; // pixels of the picture's pane
const DRAFTS = "inference-ui.ask:";

const nothing = () => {};
const isPicture = ({ type, name }) => type.startsWith("image/") || /\.(tiff?|bmp|webp)$/i.test(name);

// What was typed stays in the browser's tab, for this page.
const draftOf = (key) => {
  try {
    return sessionStorage.getItem(DRAFTS + key);
  } catch {
    return null;
  }
};
const keepDraft = (key, text) => {
  try {
    sessionStorage.setItem(DRAFTS + key, text);
  } catch {
    // a full or forbidden store costs a draft, no more
  }
};

const useObjectUrl = (file) => {
  const url = useMemo(() => (file ? URL.createObjectURL(file) : ""), [file]);
  useEffect(() => () => url && URL.revokeObjectURL(url), [url]);
  return url;
};

export const AskForm = ({ url, example, prompts, prompt, verb, query, disabled, onSent = nothing }) => {
  const locale = useLocale();
  const id = useId();
  const [kind, setKind] = useState("picture");
  const [text, setText] = useState(null);
  const [told, setTold] = useState(null);
  const [file, setFile] = useState(null);
  const [failure, setFailure] = useState(null);
  const [answer, setAnswer] = useState(null);
  const [sending, setSending] = useState(null);
  const preview = useObjectUrl(file);
  const json = text ?? example ?? "";

  useEffect(() => {
    const kept = draftOf(url);
    if (kept !== null) {
      setText(kept);
      setKind("json");
    }
  }, [url]);
  useEffect(() => () => sending?.abort(), [sending]);

  const type = (value) => {
    setText(value);
    keepDraft(url, value);
  };
  const take = useCallback((given) => {
    const chosen = [...(given ?? [])];
    if (!chosen.length) return;
    const picture = chosen.find(isPicture);
    if (!picture) return setFailure({ key: "ask.no_picture" });
    if (picture.size > LARGEST) return setFailure({ code: "QUESTION_TOO_LARGE", args: { most: LARGEST } });
    setFailure(null);
    setKind("picture");
    setFile(picture);
  }, []);

  // Where nothing is typed, a picture that is pasted on the page is meant for the form.
  useEffect(() => {
    const onPaste = (event) => {
      const files = event.clipboardData?.files;
      if (!files?.length) return;
      event.preventDefault();
      take(files);
    };
    window.addEventListener("paste", onPaste);
    return () => window.removeEventListener("paste", onPaste);
  }, [take]);

  const send = async (event) => {
    event.preventDefault();
    if (sending || disabled) return;
    if (kind === "picture" && !file) return setFailure({ key: "ask.picture_first" });
    const control = new AbortController();
    setFailure(null);
    setAnswer(null);
    setSending(control);
    try {
      const given = { ...query, ...(prompts && { prompt: told ?? prompt ?? "" }) };
      const came = await post(url, given, kind === "picture" ? file : json, control.signal);
      if (came.answer) setAnswer({ answer: came.answer, file: kind === "picture" ? file : null });
      onSent(came);
    } catch (error) {
      if (!control.signal.aborted) setFailure(error.code ? error : { code: "" });
    } finally {
      setSending(null);
    }
  };
  const onDrop = (event) => {
    event.preventDefault();
    take(event.dataTransfer.files);
  };
  const pick = (value) => ({
    type: "button",
    role: "tab",
    "aria-selected": kind === value,
    className: kind === value ? "on" : "",
    onClick: () => setKind(value),
    "data-testid": `ask-${value}`,
  });

  return h(
    "div",
    { className: "ask", "data-testid": "ask" },
    h(
      "form",
      { onSubmit: send, onDrop, onDragOver: (event) => event.preventDefault(), "aria-label": verb, noValidate: true },
      h(
        "div",
        { className: "seg sm", role: "tablist", "aria-label": say(locale, "ask.kind") },
        h("button", pick("picture"), say(locale, "ask.picture")),
        h("button", pick("json"), "JSON"),
      ),
      kind === "json"
        ? h(
            "div",
            { className: "f" },
            h("label", { htmlFor: `${id}json` }, say(locale, "ask.json")),
            h("textarea", {
              id: `${id}json`,
              className: "inp area mono",
              rows: 10,
              spellCheck: false,
              value: json,
              onChange: ({ target }) => type(target.value),
              "data-testid": "ask-text",
            }),
            text !== null && text !== (example ?? "") &&
              h(
                "button",
                { type: "button", className: "btn gho sm", onClick: () => type(example ?? "") },
                say(locale, "ask.example"),
              ),
          )
        : h(Drop, { id: `${id}file`, file, preview, take, onClear: () => setFile(null), locale }),
      prompts && kind === "picture" &&
        h(
          "div",
          { className: "f" },
          h("label", { htmlFor: `${id}prompt` }, say(locale, "ask.prompt")),
          h("input", {
            id: `${id}prompt`,
            className: "inp",
            value: told ?? prompt ?? "",
            placeholder: say(locale, "ask.prompt_hint"),
            onChange: ({ target }) => setTold(target.value),
          }),
        ),
      failure &&
        h(
          "div",
          { className: "note bad", role: "alert", "data-testid": "ask-error" },
          icon("warning"),
          h("span", null, wordsOf(failure, locale)),
        ),
      h(
        "div",
        { className: "acts" },
        h(
          "button",
          { type: "submit", className: "btn pri", disabled: Boolean(sending) || disabled, "data-testid": "ask-send" },
          sending ? say(locale, "ask.waiting") : verb,
        ),
        sending &&
          h("button", { type: "button", className: "btn", onClick: () => sending.abort() }, say(locale, "ask.abort")),
      ),
    ),
    h("div", { role: "status", "aria-live": "polite" }, answer && h(AnswerView, answer)),
  );
};

const wordsOf = ({ key, code, args, fields }, locale) => {
  if (key) return say(locale, key);
  const [first] = Object.values(fields ?? {});
  if (first) return sayOf(locale, "reason", first.code, first.args);
  return code ? sayOf(locale, "reason", code, args) : say(locale, "ask.unreachable");
};

const post = async (url, given, body, signal) => {
  const picture = body instanceof Blob;
  const query = new URLSearchParams(Object.entries(given).filter(([, value]) => value));
  if (picture) query.set("name", body.name ?? "");
  const type = picture ? body.type || "application/octet-stream" : "application/json";
  const answer = await fetch(`${url}?${query}`, { method: "POST", headers: { "Content-Type": type }, body, signal });
  const came = await answer.json().catch(() => ({}));
  if (!answer.ok) throw came.error ?? { code: `HTTP ${answer.status}` };
  return came;
};

const Drop = ({ id, file, preview, take, onClear, locale }) => {
  const [over, setOver] = useState(false);
  const choose = h("input", {
    id,
    type: "file",
    accept: "image/*,.tif,.tiff",
    className: "sr",
    onChange: ({ target }) => {
      take(target.files);
      target.value = "";
    },
    "data-testid": "ask-file",
  });
  return h(
    "div",
    {
      className: over ? "drop over" : "drop",
      onDragEnter: () => setOver(true),
      onDragLeave: ({ currentTarget, relatedTarget }) => !currentTarget.contains(relatedTarget) && setOver(false),
      onDrop: () => setOver(false),
    },
    choose,
    file
      ? [
          h("img", { key: "img", src: preview, alt: "", className: "pre" }),
          h(
            "div",
            { key: "facts", className: "facts" },
            h("span", { className: "cut", title: file.name }, file.name),
            h("span", { className: "t3 num" }, sizeOf(locale, file.size)),
            h("label", { htmlFor: id, className: "btn sm" }, say(locale, "ask.another")),
            iconButton("cross", say(locale, "ask.clear"), { onClick: onClear }),
          ),
        ]
      : h("label", { htmlFor: id, className: "blank" }, icon("picture"), h("span", null, say(locale, "ask.drop"))),
  );
};

// `answer` is what api.asking.answer_json made; `file` the picture that was sent, or `picture` its
// address.
export const AnswerView = ({ answer, file, picture }) => {
  const locale = useLocale();
  const [lit, setLit] = useState(null);
  const own = useObjectUrl(file);
  const src = own || picture || "";
  const light = useCallback((index, by = "picture") => setLit(index === null ? null : { index, by }), []);
  if (!answer) return null;
  const failed = answer.error || answer.problem;
  return h(
    "section",
    { className: "av panel", "aria-label": say(locale, "ask.answer"), "data-testid": "answer-view" },
    h(
      "header",
      null,
      h("h2", null, say(locale, "ask.answer")),
      answer.status > 0 &&
        h("span", { className: `tag num ${failed ? "bad" : ""}`, "data-testid": "answer-status" }, `HTTP ${answer.status}`),
      h("span", { className: "t3 num", "data-testid": "answer-ms" }, `${number(locale, answer.ms, answer.ms < 10 ? 1 : 0)} ms`),
      answer.objects && h("span", { className: "t3 num" }, say(locale, "results.objects", { count: answer.objects.length })),
    ),
    failed &&
      h(
        "div",
        { className: "note bad", role: "alert", "data-testid": "answer-error" },
        icon("warning"),
        h("span", null, answer.error || sayOf(locale, "reason", answer.problem.code, answer.problem.args)),
      ),
    answer.warnings.length > 0 &&
      h(
        "div",
        { className: "note warn", role: "note", "data-testid": "answer-warnings" },
        icon("warning"),
        h("span", null, answer.warnings.map(({ code, args }, at) => h("span", { key: at, className: "line" }, sayOf(locale, "reason", code, args)))),
      ),
    (src || answer.objects || answer.reading) &&
      h(
        "div",
        { className: src && (answer.objects || answer.reading) ? "both" : "both one" },
        src && h(Shown, { key: src, src, answer, lit: lit?.index ?? null, onLight: light }),
        (answer.objects || answer.reading) &&
          h(
            "div",
            { className: "said-of" },
            answer.objects && h(Objects, { item: { ...answer, objects_total: answer.objects.length }, lit, onLight: light, locale }),
            answer.reading && h(Reading, { reading: answer.reading, locale }),
          ),
      ),
    answer.text && h(Body, { answer, lit, onLight: light, locale }),
    answer.request && h(Sent, { request: answer.request, locale }),
  );
};

// An answer that a route holds: what it answers GET with, under `answer`.
export const AnswerOf = ({ source, picture }) => {
  const [came, setCame] = useState(null);
  useEffect(() => {
    const control = new AbortController();
    if (source)
      fetch(source, { signal: control.signal })
        .then((answer) => (answer.ok ? answer.json() : {}))
        .then(({ answer }) => setCame({ source, answer }))
        .catch(() => {});
    return () => control.abort();
  }, [source]);
  return came?.answer && came.source === source ? h(AnswerView, { answer: came.answer, picture }) : null;
};

// The picture over the width that there is, with boxes in pixels of the pane.
const Shown = ({ src, answer, lit, onLight }) => {
  const locale = useLocale();
  const box = useRef(null);
  const [width, setWidth] = useState(0);
  const [natural, setNatural] = useState(null);
  const [broken, setBroken] = useState(false);
  useEffect(() => {
    const watcher = new ResizeObserver(() => setWidth(box.current?.clientWidth ?? 0));
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);
  const [wide, high] = answer.size ?? natural ?? [0, 0];
  const scale = wide ? Math.min(width / wide, HIGHEST / high, LARGEST_FIT) : 0;
  const pane = { width, height: Math.max(1, Math.round(high * scale)) };
  const view = { scale, x: (width - wide * scale) / 2, y: 0 };
  const place = { x: view.x, y: 0, width: wide * scale, height: high * scale };
  const seen = !broken && scale > 0;
  return h(
    "div",
    { ref: box, className: "shown", style: seen ? { height: pane.height } : {}, "data-testid": "answer-picture" },
    broken
      ? h("p", { className: "t3 gone" }, say(locale, "ask.no_preview"))
      : h("img", {
          src,
          alt: say(locale, "ask.picture"),
          onLoad: ({ target }) => setNatural([target.naturalWidth, target.naturalHeight]),
          onError: () => setBroken(true),
          style: seen ? { left: place.x, width: place.width, height: place.height } : { visibility: "hidden" },
        }),
    seen &&
      h(
        "svg",
        { width: pane.width, height: pane.height, className: "over" },
        h(Boxes, { objects: answer.objects ?? [], view, picture: place, pane, lit, onLight }),
      ),
  );
};

const Body = ({ answer, lit, onLight, locale }) => {
  const lines = useMemo(
    () => (answer.shortened ? null : jsonLines(answer.text, answer.objects?.length ?? -1)),
    [answer],
  );
  return h(
    "details",
    { open: !answer.objects && !answer.reading },
    h(
      "summary",
      null,
      h("span", null, lines ? "JSON" : say(locale, "ask.body")),
      answer.shortened && h("span", { className: "t3" }, say(locale, "ask.cut")),
    ),
    h("div", { className: "copy" }, h(Copy, { text: () => (lines ? textOf(lines) : answer.text), locale })),
    h(
      "pre",
      { className: "js", tabIndex: 0, "aria-label": "JSON", "data-testid": "answer-json" },
      lines
        ? lines.map((line, at) => h(JsonLine, { key: at, line, on: line.index !== null && line.index === lit?.index, onLight }))
        : answer.text,
    ),
  );
};

const Sent = ({ request, locale }) => {
  const shown = request.length > 4000 ? `${request.slice(0, 4000)}…` : request;
  return h(
    "details",
    null,
    h("summary", null, h("span", null, say(locale, "ask.request"))),
    h("div", { className: "copy" }, h(Copy, { text: () => request, locale })),
    h("pre", { className: "js req", tabIndex: 0, "data-testid": "answer-request" }, shown),
  );
};
