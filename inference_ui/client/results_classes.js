// How many objects of each class a task has found: a bar a class, which leads to its pictures.
import { createElement as h, useMemo, useState } from "react";
import { Link } from "react-router";
import { number, say } from "./i18n";
import { addressOf, useHeld } from "./results_overview_parts";
import { coloursOf, icon } from "./results_parts";

const FEW = 15;

export const Classes = ({ taskId, overview, counted, locale }) => {
  const { classes, classes_total: total } = overview;
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [order, hold] = useHeld(classes.map(({ name }) => name));
  const byName = useMemo(() => new Map(classes.map((one) => [one.name, one])), [classes]);
  const wanted = text.trim().toLowerCase();
  const known = order.filter((name) => byName.has(name));
  const matching = wanted ? known.filter((name) => name.toLowerCase().includes(wanted)) : known;
  const shown = wanted || open ? matching : matching.slice(0, FEW);
  const most = Math.max(...classes.map(({ objects }) => objects), 1);
  const many = classes.length > FEW;
  return h(
    "section",
    { className: "panel cls", "data-testid": "classes" },
    h(
      "header",
      null,
      h("h2", null, say(locale, "results.per_class")),
      total > 0 &&
        h(
          "span",
          { className: "t3 s num" },
          say(locale, "results.per_class_count", { count: total }),
        ),
      h("span", { className: "grow" }),
      many && h(Find, { text, onText: setText, locale }),
    ),
    total === 0
      ? h("p", { className: "none" }, counted && say(locale, "results.per_class_none"))
      : [
          h(Heads, { key: "heads", locale }),
          h(
            "ol",
            { key: "rows", className: many ? "rows many" : "rows", ...hold },
            shown.map((name) =>
              h(Row, {
                key: name,
                taskId,
                one: byName.get(name),
                most,
                locale,
              }),
            ),
            matching.length === 0 && h(NoneFound, { taskId, text: text.trim(), locale }),
          ),
        ],
    many &&
      h(
        "footer",
        null,
        !wanted &&
          h(
            "button",
            {
              type: "button",
              className: "btn gho sm",
              "aria-expanded": open,
              onClick: () => setOpen(!open),
            },
            say(locale, open ? "results.per_class_few" : "results.per_class_all", {
              count: open ? FEW : classes.length,
            }),
          ),
        left(overview, locale),
      ),
  );
};

// That there are more classes than can be told here, and why.
const left = ({ classes, classes_total: total, classes_cut: cut }, locale) => {
  if (total <= classes.length && !cut) return null;
  const key = cut ? "results.per_class_cut" : "results.per_class_most";
  return h("p", { className: "t3 num" }, say(locale, key, { shown: classes.length }));
};

const Find = ({ text, onText, locale }) =>
  h(
    "label",
    { className: "inp sm find" },
    icon("search", "ic s"),
    h("input", {
      type: "search",
      value: text,
      placeholder: say(locale, "results.per_class_find"),
      "aria-label": say(locale, "results.per_class_find"),
      onChange: (event) => onText(event.target.value),
    }),
  );

const Heads = ({ locale }) =>
  h(
    "div",
    { className: "heads", "aria-hidden": true },
    h("span", null, say(locale, "results.class")),
    h("span", { className: "r" }, say(locale, "results.objects_title")),
    h("span", { className: "r" }, say(locale, "results.pictures_title")),
  );

const Row = ({ taskId, one: { name, items, objects }, most, locale }) => {
  // As it is where it stands alone: which others share its colour differs from picture to picture.
  const { colour, dashed } = coloursOf([name])(name);
  const props = { className: "cl num", "data-testid": "class-bar" };
  const content = [
    h("i", { key: "colour", className: dashed ? "sw d" : "sw", style: { "--c": colour } }),
    h(
      "span",
      { key: "name", className: "cut", title: name },
      name || say(locale, "results.no_name"),
    ),
    h(
      "span",
      { key: "bar", className: "track" },
      h("i", { style: { width: `${(objects / most) * 100}%` } }),
    ),
    h("b", { key: "objects" }, number(locale, objects)),
    h("span", { key: "items", className: "t3" }, number(locale, items)),
  ];
  // What has no name cannot be looked for.
  if (!name) return h("li", null, h("div", props, content));
  const label = say(locale, "results.per_class_bar", { name, items, objects });
  const to = addressOf(taskId, { classes: [name] });
  return h("li", null, h(Link, { to, "aria-label": label, ...props }, content));
};

// Only the largest classes are told, but items are found by any.
const NoneFound = ({ taskId, text, locale }) =>
  h(
    "li",
    { className: "none" },
    say(locale, "results.per_class_not_found", { text }),
    " ",
    h(
      Link,
      { to: addressOf(taskId, { classes: [text] }) },
      say(locale, "results.per_class_look", { text }),
    ),
  );
