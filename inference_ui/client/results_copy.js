// A button with a symbol that copies a text, and says so.
import { createElement as h, useEffect, useState } from "react";
import { copyText } from "./copy";
import { say } from "./i18n";
import { iconButton } from "./results_parts";

const SAID_MS = 1500;

// `text` is a function that returns the text, or a promise of it; `label` says what is copied.
export const Copy = ({ text, label, locale }) => {
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (!said) return undefined;
    const timer = setTimeout(() => setSaid(""), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => {
    try {
      setSaid((await copyText(await text())) ? "results.copied" : "results.not_copied");
    } catch {
      setSaid("results.not_copied");
    }
  };
  const words = said ? say(locale, said) : label;
  return [
    h("span", { key: "said", role: "status", className: "t3 s" }, said ? words : ""),
    iconButton(said === "results.copied" ? "check" : "copy", words, {
      key: "button",
      onClick: copy,
    }),
  ];
};
