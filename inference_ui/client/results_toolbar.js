// The line above a picture: what the item is called, how its boxes are read, how large it is shown.
import { createElement as h } from "react";
import { say } from "./i18n";
import { iconButton } from "./results_parts";
import { Pick } from "./results_pick";

const SCALES = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 4, 8];
const percent = (scale) => `${Math.round(scale * 100)}%`;

const parts = (name) =>
  name.split("/").flatMap((part, at) => (at ? [h("i", { key: at }, " / "), part] : [part]));

// `children` are the controls that come before the scale, and `last` those that come after it.
export const Toolbar = ({ item, seen, locale, children, last }) => {
  const { view, fits, fit, zoomTo, zoomIn, zoomOut } = seen;
  const name = item?.name ?? "";
  return h(
    "div",
    { className: "tb" },
    h(
      "span",
      { className: "name cut", title: name, "data-testid": "item-name" },
      h("bdi", null, ...parts(name)),
    ),
    h("span", { className: "grow" }),
    children,
    iconButton("zoom-out", say(locale, "results.zoom_out"), {
      onClick: zoomOut,
      disabled: !view,
      className: "step",
    }),
    h(Pick, {
      label: say(locale, "results.zoom"),
      className: "pct num",
      value: fits ? "fit" : view?.scale,
      shown: h("span", { "data-testid": "scale" }, view ? percent(view.scale) : ""),
      disabled: !view,
      onChange: (value) => (value === "fit" ? fit() : zoomTo(value)),
      groups: [
        {
          options: [
            { value: "fit", text: say(locale, "results.fit") },
            ...SCALES.map((scale) => ({ value: scale, text: percent(scale) })),
          ],
        },
      ],
      testid: "zoom",
    }),
    iconButton("zoom-in", say(locale, "results.zoom_in"), {
      onClick: zoomIn,
      disabled: !view,
      className: "step",
    }),
    iconButton("fit", say(locale, "results.fit"), {
      onClick: fit,
      disabled: !view,
      "aria-pressed": Boolean(view) && fits,
      className: view && fits ? "on" : "",
    }),
    h(
      "button",
      {
        type: "button",
        className: "btn gho sm step",
        onClick: () => zoomTo(1),
        disabled: !view,
        title: say(locale, "results.actual"),
        "aria-label": say(locale, "results.actual"),
      },
      "1:1",
    ),
    last,
  );
};
