// The views of a task's results: its items one by one, and all of them in numbers. Which one is shown
// stands in the address.
import { createElement as h } from "react";
import { Link } from "react-router";
import { say, useLocale } from "./i18n";
import { Overview } from "./results_overview";
import { pageOf } from "./results_overview_parts";
import { useAddress } from "./results_query";
import { ResultsViewer } from "./results_viewer";

const OVERVIEW = "overview";
const useIsOverview = () => new URLSearchParams(useAddress()).get("view") === OVERVIEW;

// Where the list was left: it is opened there again.
let left = { taskId: "", search: "" };

export const ResultsView = ({ taskId }) =>
  useIsOverview()
    ? h(Overview, { key: taskId, taskId })
    : h(ResultsViewer, { key: taskId, taskId });

export const ResultsSegments = ({ taskId }) => {
  const locale = useLocale();
  const isOverview = useIsOverview();
  const leave = () => {
    if (!isOverview) left = { taskId, search: window.location.search };
  };
  const part = (key, here, to, onClick) =>
    h(
      Link,
      { to, className: here ? "on" : "", "aria-current": here ? "page" : undefined, onClick },
      say(locale, `results.${key}`),
    );
  const list = pageOf(taskId, left.taskId === taskId ? left.search : "");
  return h(
    "nav",
    { className: "seg", "aria-label": say(locale, "results.views") },
    part("view_items", !isOverview, list),
    part("view_overview", isOverview, pageOf(taskId, `view=${OVERVIEW}`), leave),
  );
};
