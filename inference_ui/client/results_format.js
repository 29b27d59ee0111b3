// How a task's boxes are read: choosing another format, and saving the choice to the model package.
import { createElement as h, useEffect, useState } from "react";
import { say, sayOf } from "./i18n";
import { FORMATS } from "./results_choices";
import { refusal } from "./results_items";
import { icon, said } from "./results_parts";
import { Pick } from "./results_pick";

const isShare = (format) => format.endsWith("_norm");
const ofScale = (title, shares, locale) => ({
  title: say(locale, title),
  options: FORMATS.filter((one) => isShare(one) === shares).map((one) => ({
    value: one,
    text: one,
    more: sayOf(locale, "box_order", one.replace("_norm", "")),
  })),
});

// A choice that says what the package does is none.
const chooser = (item, onChoose) => (format) =>
  onChoose({ format: format === item.package.box_format ? null : format });

export const FormatPick = ({ item, onChoose, locale }) =>
  h(Pick, {
    label: say(locale, "results.box_format"),
    className: "fmt",
    value: item.box_format,
    shown: [
      h("span", { key: "k" }, "box_format "),
      h("b", { key: "v", "data-testid": "box-format" }, item.box_format),
    ],
    onChange: chooser(item, onChoose),
    groups: [ofScale("results.pixels", false, locale), ofScale("results.shares", true, locale)],
    testid: "format",
  });

// A button that shows boxes as they seem to be meant.
export const ShowAs = ({ item, onChoose, locale }) =>
  h(
    "button",
    {
      type: "button",
      className: "btn sm",
      onClick: () => chooser(item, onChoose)(item.better_format),
    },
    say(locale, "results.format_show_as", { format: item.better_format }),
  );

const save = async (packageId, format) => {
  const answer = await fetch(`/api/packages/${encodeURIComponent(packageId)}`, {
    method: "PATCH",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ box_format: format }),
  });
  if (!answer.ok) throw await refusal(answer);
};

// Says that boxes are not shown as the package says, and saves that; afterwards, what was saved.
export const FormatNote = ({ list, item, choices, onChoose, locale }) => {
  const [saved, setSaved] = useState(null);
  const [failure, setFailure] = useState(null);
  const [busy, setBusy] = useState(false);
  const { package: kept } = item;
  const { format } = choices;
  useEffect(() => {
    setFailure(null);
    if (format) setSaved(null);
  }, [format]);
  const onSave = () => {
    setBusy(true);
    save(kept.id, format)
      .then(() => {
        setSaved({ format, label: kept.label });
        list.forgetItems();
        onChoose({ format: null });
      }, setFailure)
      .finally(() => setBusy(false));
  };
  const differs = format && format !== kept.box_format;
  const text = differs
    ? say(locale, "results.format_differs", {
        chosen: format,
        label: kept.label,
        kept: kept.box_format,
      })
    : saved && say(locale, "results.format_saved", saved);
  const problem = failure
    ? said(failure, locale)
    : kept.problem && sayOf(locale, "reason", kept.problem.code, kept.problem.args);
  return h(
    "div",
    { className: text ? "note fn" : "sr", "data-testid": "format-note" },
    text && icon(differs ? "info" : "check"),
    h("span", { role: "status" }, text),
    differs &&
      problem &&
      h(
        "span",
        { className: failure ? "bad" : "t3", role: failure ? "alert" : undefined },
        problem,
      ),
    text && h("span", { className: "grow" }),
    differs &&
      !kept.problem &&
      h(
        "button",
        { type: "button", className: "btn sm", onClick: onSave, disabled: busy },
        say(locale, "results.format_save"),
      ),
    differs &&
      h(
        "button",
        { type: "button", className: "btn gho sm", onClick: () => onChoose({ format: null }) },
        say(locale, "results.format_back", { format: kept.box_format }),
      ),
    saved &&
      !differs &&
      h(
        "button",
        { type: "button", className: "btn gho sm", onClick: () => setSaved(null) },
        say(locale, "results.close"),
      ),
  );
};
