// What was answered for an item: its objects as a table, what else it says, and its JSON; of a failed
// item the request.
import { createElement as h, useDeferredValue } from "react";
import { say, sayOf, useLocale } from "./i18n";
import { Copy } from "./results_copy";
import { pathOf } from "./results_items";
import { JsonView } from "./results_json_view";
import { Objects } from "./results_objects";
import { iconButton } from "./results_parts";
import { Reading } from "./results_reading";

const MOST_COPIED = 16 << 20; // bytes; what is larger is better saved

export const Side = ({ list, item, on, lit, onLight, choices, onChoose, open }) => {
  const locale = useLocale();
  const later = useDeferredValue(item); // the picture comes first
  const same = later === item;
  return h(
    "aside",
    {
      className: open ? "sd open" : "sd",
      "aria-label": say(locale, "results.side"),
      "aria-busy": !same,
    },
    later?.objects &&
      h(Objects, {
        key: `objects ${later.number}`,
        item: later,
        on: same ? on : null,
        lit: same ? lit : null,
        onLight,
        order: choices.order,
        onChoose,
        locale,
      }),
    later?.reading && h(Reading, { reading: later.reading, locale }),
    later && h(Request, { key: `request ${later.number}`, item: later, locale }),
    later &&
      h(Result, {
        key: `result ${later.number}`,
        list,
        item: later,
        lit: same ? lit : null,
        onLight,
        locale,
      }),
  );
};

const cut = ({ whole, size }, locale) =>
  !whole && h("span", { className: "t3 s" }, say(locale, "results.json_cut", { size }));

const Request = ({ item, locale }) => {
  const { request, status, picture } = item;
  const asPicture = !request && status === "FAILED" && picture?.origin === "INPUT";
  if (!request && !asPicture) return null;
  return [
    h(
      "div",
      { key: "head", className: "hd" },
      h("h2", null, say(locale, "results.request")),
      request && cut(request, locale),
      h("span", { className: "grow" }),
      request &&
        h(Copy, { text: () => request.text, label: say(locale, "results.copy_request"), locale }),
    ),
    request
      ? h(JsonView, {
          key: "text",
          text: request.text,
          whole: request.whole,
          label: say(locale, "results.request"),
          testid: "request",
        })
      : h("p", { key: "picture", className: "said t2" }, say(locale, "results.request_picture")),
  ];
};

// The result as stored, also where only its beginning is shown.
const wholeOf = (list, item) => async () => {
  if (item.result.whole) return item.result.text;
  const answer = await fetch(pathOf(list.taskId, item.number, "result"));
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.text();
};

const Result = ({ list, item, lit, onLight, locale }) => {
  const { result, result_problem: problem } = item;
  if (!result && !problem) return null;
  return [
    h(
      "div",
      { key: "head", className: "hd" },
      h("h2", null, "JSON"),
      result && cut(result, locale),
      h("span", { className: "grow" }),
      result &&
        result.size <= MOST_COPIED &&
        h(Copy, { text: wholeOf(list, item), label: say(locale, "results.copy"), locale }),
      result &&
        iconButton("download", say(locale, "results.download"), {
          href: pathOf(list.taskId, item.number, "result"),
          download: true,
        }),
    ),
    result
      ? h(JsonView, {
          key: "json",
          text: result.text,
          whole: result.whole,
          count: item.objects ? item.objects_total : -1,
          lit,
          onLight,
          testid: "json",
        })
      : h(
          "p",
          { key: "problem", className: "said t2" },
          sayOf(locale, "reason", problem.code, problem.args),
        ),
  ];
};
