// What is wrong with an item, and what is odd about its answer.
import { createElement as h } from "react";
import { say, sayOf } from "./i18n";
import { ShowAs } from "./results_format";
import { icon } from "./results_parts";
import { Copy } from "./results_copy";

const LONG = 100; // letters; what is longer may have to be scrolled, which keys must be able to do
const OF_FORMAT = new Set([
  "BOXES_LOOK_NORMALISED",
  "BOXES_LOOK_LIKE_PIXELS",
  "BOXES_OUTSIDE",
  "BOXES_TURNED",
]);

export const Remarks = ({ item, onChoose, locale }) => {
  const wrong =
    item.error ?? (item.problem && sayOf(locale, "reason", item.problem.code, item.problem.args));
  const warnings = item.warnings.map(({ code, args }) => sayOf(locale, "reason", code, args));
  const other = item.better_format && item.warnings.some(({ code }) => OF_FORMAT.has(code));
  return [
    wrong &&
      h(
        "div",
        { key: "wrong", className: "note bad", role: "alert" },
        icon("warning"),
        h(
          "bdi",
          {
            className: "grow text",
            tabIndex: wrong.length > LONG ? 0 : undefined,
            "data-testid": "item-error",
          },
          wrong,
        ),
        item.error &&
          h(Copy, { text: () => item.error, label: say(locale, "results.copy_error"), locale }),
      ),
    warnings.length > 0 &&
      h(
        "div",
        { key: "warnings", className: "note warn", role: "note", "data-testid": "item-warnings" },
        icon("warning"),
        h(
          "span",
          {
            className: "grow text",
            tabIndex: warnings.length > 4 || warnings.join("").length > LONG ? 0 : undefined,
          },
          warnings.map((warning, at) => h("span", { key: at, className: "line" }, warning)),
        ),
        other && h(ShowAs, { item, onChoose, locale }),
      ),
  ];
};
