// Asking a running server one thing, and what came of it. The form sends JSON, or a picture as it
// is, to `url`; an answer in what comes back ({answer: …}) stands below the form. `onSent` gets all
// that came back, for those who are answered later.
import { createElement as h, useCallback, useEffect, useId, useState } from "react";
import { AnswerView, useObjectUrl } from "./ask_answer";
import { say, sayOf, size as sizeOf, useLocale } from "./i18n";
import { icon, iconButton } from "./results_parts";

const LARGEST = 32 * 1024 * 1024; // bytes; the server refuses more
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

export const AskForm = ({ url, example, prompts, prompt, verb, query, disabled, variables, parameters, quiet, onSent = nothing }) => {
  const locale = useLocale();
  const id = useId();
  const [kind, setKind] = useState("picture");
  const [text, setText] = useState(null);
  const [told, setTold] = useState(null);
  const [file, setFile] = useState(null);
  const [failure, setFailure] = useState(null);
  const [answer, setAnswer] = useState(null);
  const [sending, setSending] = useState(null);
  const [settings, setSettings] = useState({ environment: {}, parameters: {} });
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
      const body = kind === "picture" ? file : json;
      const came = await post(url, given, body, settings, control.signal);
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
      (variables?.length > 0 || parameters?.length > 0) &&
        h(Settings, { variables, parameters, settings, onChange: setSettings, locale }),
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
          { type: "submit", className: quiet ? "btn" : "btn pri", disabled: Boolean(sending) || disabled, "data-testid": "ask-send" },
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

// What is set for this question alone goes in a header: addresses are written into logs.
const overridesOf = (settings) => {
  const set = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value));
  const given = { environment: set(settings.environment), parameters: set(settings.parameters) };
  if (!Object.keys(given.environment).length && !Object.keys(given.parameters).length) return {};
  const bytes = new TextEncoder().encode(JSON.stringify(given));
  return { "X-Overrides": btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")) };
};

const post = async (url, given, body, settings, signal) => {
  const picture = body instanceof Blob;
  const query = new URLSearchParams(Object.entries(given).filter(([, value]) => value));
  if (picture) query.set("name", body.name ?? "");
  const type = picture ? body.type || "application/octet-stream" : "application/json";
  const headers = { "Content-Type": type, ...overridesOf(settings) };
  const answer = await fetch(`${url}?${query}`, { method: "POST", headers, body, signal });
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

const Settings = ({ variables, parameters, settings, onChange, locale }) => {
  const input = (part, { name, default: value, secret, set }) =>
    h(
      "label",
      { key: `${part} ${name}` },
      h("span", { className: "mono cut", title: name }, name),
      h("input", {
        className: "inp sm mono",
        type: secret ? "password" : "text",
        autoComplete: secret ? "new-password" : "off",
        spellCheck: false,
        value: settings[part][name] ?? "",
        placeholder: secret && set ? say(locale, "ask.secret_set") : value,
        onChange: ({ target }) =>
          onChange({ ...settings, [part]: { ...settings[part], [name]: target.value } }),
        "data-testid": `set-${name}`,
      }),
    );
  return h(
    "details",
    { className: "settings" },
    h("summary", null, say(locale, "ask.settings"), h("span", { className: "t3" }, say(locale, "ask.settings_hint"))),
    h(
      "div",
      { className: "fields" },
      (variables ?? []).map((row) => input("environment", row)),
      (parameters ?? []).map((row) => input("parameters", row)),
    ),
  );
};
