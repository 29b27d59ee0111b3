// Copying a text, and a button that does.
import { createElement as h, useEffect, useState } from "react";
import { say, useLocale } from "./i18n";

const SAID_MS = 2000;

// Browsers give no clipboard to pages that came over plain HTTP from another machine.
export const copyText = async (text) => {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return true;
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
};

// A small button that copies `text`; `what` says what that is.
export const Copy = ({ text, what }) => {
  const locale = useLocale();
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => setDone(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [done]);
  const label = done ? say(locale, "common.copied") : what;
  const mark = h("use", { href: done ? "#icon-check" : "#icon-copy" });
  return h(
    "button",
    {
      type: "button",
      className: "copy",
      "aria-label": label,
      title: label,
      onClick: () => copyText(text).then(setDone, () => setDone(false)),
    },
    h("svg", { className: "ic s", "aria-hidden": true }, mark),
    h("span", { className: "sr", role: "status" }, done ? label : ""),
  );
};
