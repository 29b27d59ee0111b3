// A log that follows its end until its reader scrolls up or looks for something. From then on nothing
// moves: the text stays as it was, and new lines wait until the reader comes back to the end or
// presses the button. `log` names what is shown; another one begins at its end. `onHold` is told of
// the log that its reader stays with. The children stand in the head.
import { createElement as h, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { say, useLocale } from "./i18n";
import { icon } from "./results_parts";

const NEAR = 4;
const MOST = 1000; // matches that are marked: more would make a page slow, and nobody walks so far

export const LogView = ({ log, text, title, empty, href, note, onHold, children }) => {
  const locale = useLocale();
  const box = useRef(null);
  const [held, setHeld] = useState(null); // { log, text, byScroll } once the reader left the end
  const [wanted, setWanted] = useState("");
  const [at, setAt] = useState(0);
  const holds = held !== null && held.log === log;
  const shown = holds ? held.text : text;
  const { pieces, count, more } = useMemo(() => found(shown, wanted), [shown, wanted]);
  const current = count ? Math.min(at, count - 1) : -1;

  useLayoutEffect(() => {
    if (!holds && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [shown, holds, log]);

  useLayoutEffect(() => {
    if (current >= 0) reveal(box.current, box.current.querySelector("mark.on"));
  }, [current, pieces]);

  useEffect(() => {
    if (holds) onHold?.(log);
  }, [holds, log]);

  const hold = (byScroll) => {
    if (!holds) setHeld({ log, text, byScroll });
  };
  const onScroll = () => {
    const { scrollTop, clientHeight, scrollHeight } = box.current;
    const atEnd = scrollTop + clientHeight >= scrollHeight - NEAR;
    if (atEnd && holds && held.byScroll) setHeld(null);
    if (!atEnd) hold(true);
  };
  const onFind = (event) => {
    setWanted(event.target.value);
    setAt(0);
    if (event.target.value) hold(false);
  };
  const go = (step) => count && setAt((current + step + count) % count);
  const onKeyDown = (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      go(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape" && wanted) {
      event.stopPropagation();
      setWanted("");
    }
  };

  const behind = holds && held.text !== text;
  const label = say(locale, behind ? "task.log_waiting" : "task.log_follow");
  const following = h(
    "button",
    {
      type: "button",
      className: `btn sm${holds ? "" : " on"}`,
      "aria-pressed": !holds,
      onClick: () => (holds ? setHeld(null) : hold(false)),
      "data-testid": "log-follow",
    },
    icon("to-end"),
    label,
  );
  const finding = h(
    Find,
    { locale, wanted, onFind, onKeyDown, go },
    wanted && matches(locale, current, count, more),
  );
  const saving =
    href &&
    h(
      "a",
      {
        className: "btn sm sq",
        href,
        download: true,
        "aria-label": say(locale, "task.log_save"),
        title: say(locale, "task.log_save"),
        "data-testid": "log-save",
      },
      icon("download"),
    );
  return h(
    "section",
    { className: "panel logs", "aria-label": title },
    h("header", null, h("h2", null, title), children, h("span", { className: "grow" }), finding, following, saving),
    note && h("p", { className: "cutoff" }, note),
    h(
      "pre",
      { className: "lg", ref: box, onScroll, tabIndex: 0, "data-testid": "log-text", "aria-label": title },
      shown ? marked(pieces, current) : h("span", { className: "t3" }, empty),
    ),
  );
};

const Find = ({ locale, wanted, onFind, onKeyDown, go, children }) =>
  h(
    "div",
    { className: "inp sm find", role: "search" },
    icon("search"),
    h("input", {
      type: "search",
      value: wanted,
      placeholder: say(locale, "task.log_find"),
      "aria-label": say(locale, "task.log_find"),
      onChange: onFind,
      onKeyDown,
      autoComplete: "off",
      spellCheck: false,
      "data-testid": "log-find",
    }),
    h("span", { className: "t3 num nw", role: "status", "data-testid": "log-matches" }, children),
    wanted && step(locale, "task.log_previous", "up", () => go(-1)),
    wanted && step(locale, "task.log_next", "down", () => go(1)),
  );

const step = (locale, key, mark, onClick) =>
  h(
    "button",
    { type: "button", className: "step", "aria-label": say(locale, key), title: say(locale, key), onClick },
    icon(mark, "ic s"),
  );

const matches = (locale, current, count, more) => {
  if (!count) return say(locale, "task.log_no_match");
  return say(locale, more ? "task.log_matches_more" : "task.log_matches", { at: current + 1, count });
};

// The text cut at what is looked for, whatever its case: every second piece is a match.
const found = (text, wanted) => {
  if (!wanted || !text) return { pieces: [text], count: 0, more: false };
  const pattern = new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi");
  const pieces = [];
  let from = 0;
  let more = false;
  for (const match of text.matchAll(pattern)) {
    if (pieces.length >= 2 * MOST) {
      more = true;
      break;
    }
    pieces.push(text.slice(from, match.index), match[0]);
    from = match.index + match[0].length;
  }
  pieces.push(text.slice(from));
  return { pieces, count: (pieces.length - 1) / 2, more };
};

const marked = (pieces, current) =>
  pieces.map((piece, number) =>
    number % 2
      ? h("mark", { key: number, className: number === 2 * current + 1 ? "on" : undefined }, piece)
      : piece,
  );

// Scrolls the box alone, never the page, so that the match stands in its middle.
const reveal = (box, match) => {
  if (!match) return;
  const seen = box.getBoundingClientRect();
  const place = match.getBoundingClientRect();
  if (place.top < seen.top || place.bottom > seen.bottom) {
    box.scrollTop += place.top - seen.top - seen.height / 2;
  }
  if (place.left < seen.left || place.right > seen.right) {
    box.scrollLeft += place.left - seen.left - seen.width / 2;
  }
};
