// What came of asking a server: the picture with boxes, objects or words, and what was sent and said.
import { createElement as h, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { number, say, sayOf, useLocale } from "./i18n";
import { Boxes } from "./results_boxes";
import { Copy } from "./results_copy";
import { JsonView } from "./results_json_view";
import { Objects } from "./results_objects";
import { icon } from "./results_parts";
import { Reading } from "./results_reading";

const LARGEST_FIT = 4;
const HIGHEST = 480; // pixels of the picture's pane

export const useObjectUrl = (file) => {
  const url = useMemo(() => (file ? URL.createObjectURL(file) : ""), [file]);
  useEffect(() => () => url && URL.revokeObjectURL(url), [url]);
  return url;
};

// `answer` is what api.asking.answer_json made; `file` the picture that was sent, or `picture` its
// address.
export const AnswerView = ({ answer, file, picture }) => {
  const locale = useLocale();
  const [lit, setLit] = useState(null);
  const own = useObjectUrl(file);
  const src = own || picture || "";
  const light = useCallback(
    (index, by = "picture") => setLit(index === null ? null : { index, by }),
    [],
  );
  if (!answer) return null;
  const failed = answer.error || answer.problem;
  return h(
    "section",
    {
      className: "av panel",
      "aria-label": say(locale, "ask.answer"),
      "data-testid": "answer-view",
    },
    h(
      "header",
      null,
      h("h2", null, say(locale, "ask.answer")),
      answer.status > 0 &&
        h(
          "span",
          { className: `tag num ${failed ? "bad" : ""}`, "data-testid": "answer-status" },
          `HTTP ${answer.status}`,
        ),
      h(
        "span",
        { className: "t3 num", "data-testid": "answer-ms" },
        `${number(locale, answer.ms, answer.ms < 10 ? 1 : 0)} ms`,
      ),
      answer.objects &&
        h(
          "span",
          { className: "t3 num" },
          say(locale, "results.objects", { count: answer.objects.length }),
        ),
    ),
    failed &&
      h(
        "div",
        { className: "note bad", role: "alert", "data-testid": "answer-error" },
        icon("warning"),
        h(
          "span",
          null,
          answer.error || sayOf(locale, "reason", answer.problem.code, answer.problem.args),
        ),
      ),
    answer.warnings.length > 0 &&
      h(
        "div",
        { className: "note warn", role: "note", "data-testid": "answer-warnings" },
        icon("warning"),
        h(
          "span",
          null,
          answer.warnings.map(({ code, args }, at) =>
            h("span", { key: at, className: "line" }, sayOf(locale, "reason", code, args)),
          ),
        ),
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
            answer.objects &&
              h(Objects, {
                item: { ...answer, objects_total: answer.objects.length },
                lit,
                onLight: light,
                locale,
              }),
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
  return came?.answer && came.source === source
    ? h(AnswerView, { answer: came.answer, picture })
    : null;
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
    {
      ref: box,
      className: "shown",
      style: seen ? { height: pane.height } : {},
      "data-testid": "answer-picture",
    },
    broken
      ? h("p", { className: "t3 gone" }, say(locale, "ask.no_preview"))
      : h("img", {
          src,
          alt: say(locale, "ask.picture"),
          onLoad: ({ target }) => setNatural([target.naturalWidth, target.naturalHeight]),
          onError: () => setBroken(true),
          style: seen
            ? { left: place.x, width: place.width, height: place.height }
            : { visibility: "hidden" },
        }),
    seen &&
      h(
        "svg",
        { width: pane.width, height: pane.height, className: "over" },
        h(Boxes, { objects: answer.objects ?? [], view, picture: place, pane, lit, onLight }),
      ),
  );
};

const Body = ({ answer, lit, onLight, locale }) =>
  h(
    "details",
    { open: !answer.objects && !answer.reading },
    h(
      "summary",
      null,
      h("span", null, say(locale, "ask.body")),
      answer.shortened && h("span", { className: "t3" }, say(locale, "ask.cut")),
    ),
    h(
      "div",
      { className: "copy" },
      h(Copy, { text: () => answer.text, label: say(locale, "results.copy"), locale }),
    ),
    h(JsonView, {
      text: answer.text,
      whole: !answer.shortened,
      count: answer.objects?.length ?? -1,
      lit,
      onLight,
      testid: "answer-json",
    }),
  );

const Sent = ({ request, locale }) => {
  const shown = request.length > 4000 ? `${request.slice(0, 4000)}…` : request;
  return h(
    "details",
    null,
    h("summary", null, h("span", null, say(locale, "ask.request"))),
    h(
      "div",
      { className: "copy" },
      h(Copy, { text: () => request, label: say(locale, "results.copy_request"), locale }),
    ),
    h("pre", { className: "js req", tabIndex: 0, "data-testid": "answer-request" }, shown),
  );
};
