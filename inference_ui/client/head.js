// Runs in the head of every page before anything is painted: the language and the colours are those
// chosen before, else those of the browser. `theme` is what Reflex' own switch of colours reads.
(function () {
  var root = document.documentElement;
  var chosen = function (name) {
    var found = document.cookie.match("(?:^|; )" + name + "=([a-z]+)");
    return found && found[1];
  };
  var wanted = [chosen("locale")].concat(navigator.languages || []);
  var spoken = wanted.map(function (tag) { return String(tag).slice(0, 2); });
  var locale = spoken.find(function (tag) { return tag === "zh" || tag === "en"; }) || "en";
  root.lang = locale === "zh" ? "zh-CN" : "en";
  var theme = chosen("theme");
  if (theme !== "light" && theme !== "dark") theme = "";
  try {
    if (theme) localStorage.setItem("theme", theme);
  } catch (error) {
    // storage is forbidden: the class below decides alone
  }
  theme = theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  root.classList.remove("light", "dark");
  root.classList.add(theme);
})();
