// Keeps the rows that one reads where they are when rows come or go above them. Browsers do so by
// themselves, but not inside tables. At its very top a list shows what is new.
import { createElement, useEffect, useRef } from "react";

export const KeepPlace = () => {
  const mark = useRef(null);
  useEffect(() => {
    const list = mark.current.parentElement;
    list.scrollTop = 0; // another order begins at its top
    const body = list.querySelector("tbody");
    let read = null;
    const top = (row) => row.getBoundingClientRect().top - list.getBoundingClientRect().top;
    const note = () => {
      const head = list.querySelector("thead").getBoundingClientRect().bottom;
      const row = [...body.rows].find((one) => one.getBoundingClientRect().bottom > head);
      read = list.scrollTop > 0 && row ? { row, top: top(row) } : null;
    };
    const restore = () => {
      if (read?.row.isConnected) list.scrollTop += top(read.row) - read.top;
      note();
    };
    const observer = new MutationObserver(restore);
    observer.observe(body, { childList: true });
    list.addEventListener("scroll", note, { passive: true });
    return () => {
      observer.disconnect();
      list.removeEventListener("scroll", note);
    };
  }, []);
  return createElement("i", { ref: mark, hidden: true });
};
