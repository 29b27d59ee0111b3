// A log that follows its end until its reader scrolls up. From then on nothing moves: the text
// stays as it was, and new lines wait until the reader comes back to the end or presses the button.
// `log` names what is shown; another one begins at its end. The children stand in the head.
import { createElement as h, useLayoutEffect, useRef, useState } from "react";

const NEAR = 4;

export const LogView = ({ log, text, title, follow, waiting, empty, children }) => {
  const box = useRef(null);
  const [held, setHeld] = useState(null); // { log, text } once the reader left the end
  const holds = held !== null && held.log === log;
  const shown = holds ? held.text : text;

  useLayoutEffect(() => {
    if (!holds && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [shown, holds, log]);

  const onScroll = () => {
    const { scrollTop, clientHeight, scrollHeight } = box.current;
    const atEnd = scrollTop + clientHeight >= scrollHeight - NEAR;
    if (atEnd && holds && held.byScroll) setHeld(null);
    if (!atEnd && !holds) setHeld({ log, text, byScroll: true });
  };
  const onPress = () => setHeld(holds ? null : { log, text, byScroll: false });

  const mark = h("svg", { className: "ic", "aria-hidden": true }, h("use", { href: "#icon-to-end" }));
  const behind = holds && held.text !== text;
  const button = h(
    "button",
    {
      type: "button",
      className: `btn sm${holds ? "" : " on"}`,
      "aria-pressed": !holds,
      onClick: onPress,
      "data-testid": "log-follow",
    },
    mark,
    behind ? waiting : follow,
  );
  return h(
    "section",
    { className: "panel logs", "aria-label": title },
    h("header", null, h("h2", null, title), children, h("span", { className: "grow" }), button),
    h(
      "pre",
      { className: "lg", ref: box, onScroll, tabIndex: 0, "data-testid": "log-text", "aria-label": title },
      shown || h("span", { className: "t3" }, empty),
    ),
  );
};
