// The symbols of assets/icons.svg, once in every page, so that a symbol that is needed when the server
// is away is there. The build appends them as `SYMBOLS`, each with the id `icon-NAME`.
import { createElement } from "react";

export const Sprite = () =>
  createElement("svg", {
    width: 0,
    height: 0,
    style: { position: "absolute" },
    "aria-hidden": true,
    dangerouslySetInnerHTML: { __html: SYMBOLS },
  });
