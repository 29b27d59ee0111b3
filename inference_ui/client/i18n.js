// Sentences rendered in the browser, in the language of the page; the same rules as i18n/text.py.
// The build appends the parsed catalogues as `MESSAGES`. Every function takes the language first:
// the components that call them get it from useLocale() and so follow a switch.
import { useSyncExternalStore } from "react";

const listeners = new Set();
const current = () =>
  typeof document === "undefined" ? "zh" : document.documentElement.lang.slice(0, 2);

const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useLocale = () => useSyncExternalStore(subscribe, current, () => "zh");

const remember = (name, value) => {
  const secure = window.location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${value}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
};

export const switchLocale = () => {
  const next = current() === "zh" ? "en" : "zh";
  remember("locale", next);
  document.documentElement.lang = next === "zh" ? "zh-CN" : "en";
  listeners.forEach((listener) => listener());
};

// Called before Reflex turns its colours over, so the class still is the old one.
export const rememberTheme = () => {
  const dark = document.documentElement.classList.contains("dark");
  remember("theme", dark ? "light" : "dark");
};

const missing = (value) => value === null || value === undefined || value === "";
const plain = (locale, value, options) => new Intl.NumberFormat(locale, options).format(value);

export const number = (locale, value, digits = 1) =>
  missing(value) ? "—" : plain(locale, value, { maximumFractionDigits: digits });

// Three digits that matter: 1,846 and 212 and 96.4 and 0.52.
export const rate = (locale, value) =>
  number(locale, value, value >= 100 ? 0 : value >= 10 ? 1 : 2);

// 0.4%; neither a few nor all but a few are rounded away: <0.1%, >99.9%.
export const percent = (locale, share) => {
  if (missing(share)) return "—";
  if (share > 0 && share < 0.0005) return "<0.1%";
  if (share < 1 && share >= 0.9995) return ">99.9%";
  return plain(locale, share, { style: "percent", maximumFractionDigits: 1 });
};

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
export const size = (locale, value) => {
  if (missing(value)) return "—";
  let unit = 0;
  while (value >= 1024 && unit < SIZES.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${number(locale, value, value < 100 ? 1 : 0)} ${SIZES[unit]}`;
};

const UNITS = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];
export const duration = (locale, seconds, parts = 2) => {
  if (missing(seconds)) return "—";
  let left = Math.max(0, Math.round(seconds));
  const words = [];
  for (const [length, unit] of UNITS) {
    const count = Math.floor(left / length);
    left -= count * length;
    if (count) words.push(say(locale, `format.${unit}`, { count }));
    else if (words.length) break;
    if (words.length === parts) break;
  }
  return words.join(" ") || say(locale, "format.second", { count: 0 });
};

const two = (value) => String(value).padStart(2, "0");

// 43:23 or 1:02:05, for what counts down.
export const clock = (locale, seconds) => {
  if (missing(seconds)) return "—";
  const left = Math.max(0, Math.round(seconds));
  const hours = Math.floor(left / 3600);
  const minutes = Math.floor(left / 60) % 60;
  const tail = two(left % 60);
  return hours ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`;
};

// `value`: seconds since 1970, or an ISO 8601 text with its zone. Shown in the browser's zone.
const moment = (value) => new Date(typeof value === "number" ? value * 1000 : value);

export const timeOfDay = (locale, value) => {
  if (missing(value)) return "—";
  const at = moment(value);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
};

export const time = (locale, value, style = "short") => {
  if (missing(value)) return "—";
  const at = moment(value);
  const minute = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const args = {
    year: at.getFullYear(),
    month: two(at.getMonth() + 1),
    day: locale === "zh" ? two(at.getDate()) : at.getDate(),
    monthName: new Intl.DateTimeFormat("en", { month: "short" }).format(at),
    time: style === "full" ? `${minute}:${two(at.getSeconds())}` : minute,
  };
  if (style === "minute") return minute;
  if (style === "full") return say(locale, "format.full", args);
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  const days = Math.ceil((midnight - at) / 86400000);
  if (days === 0 || (days < 0 && at.toDateString() === new Date().toDateString())) {
    return say(locale, "format.today", args);
  }
  if (days === 1) return say(locale, "format.yesterday", args);
  return say(locale, at.getFullYear() === midnight.getFullYear() ? "format.date" : "format.full", args);
};

const milli = (locale, value) => number(locale, value / 1000);

const KINDS = { number, milli, duration, size };

const render = (locale, parts, args) =>
  parts
    .map((part) => {
      if (typeof part === "string") return part;
      const value = args[part.a];
      if (part.p) {
        const form = locale === "en" && Number(value) === 1 ? "one" : "other";
        return render(locale, part.p[form] ?? part.p.other, args);
      }
      if (part.s) {
        const which = missing(value) ? "none" : String(value);
        return render(locale, part.s[which] ?? part.s.other, args);
      }
      if (value === null || value === undefined) return "—";
      if (part.k === "text" || typeof value === "string") return String(value);
      return KINDS[part.k](locale, value);
    })
    .join("");

export const say = (locale, key, args = {}) => {
  const parts = (MESSAGES[locale] ?? MESSAGES.en)[key];
  return parts ? render(locale, parts, args) : key;
};

// A key that is known only at run time: `area` and the code that follows. Without a sentence, the
// code itself is shown, which is more than nothing.
export const sayOf = (locale, area, code, args) => {
  if (missing(code)) return "";
  const parts = (MESSAGES[locale] ?? MESSAGES.en)[`${area}.${code}`];
  return parts ? render(locale, parts, args ?? {}) : String(code);
};
