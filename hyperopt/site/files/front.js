// Search and filters of the first page.
"use strict";

(() => {
  document.documentElement.classList.add("js");
  const LITTLE = new Set(("a an and are as at be but by can did do does for from had has have how i in is it its me my of on or so "
    + "than that the there they this to was we were what when where which who why will with you your best happened happen myself run move").split(" "));
  const form = document.getElementById("search");
  const found = [...document.querySelectorAll(".found")];
  const count = document.getElementById("count");
  const value = (id) => document.getElementById(id).value;

  /** Endings off, so that clipping finds clip and clipped. */
  function stem(word) {
    return word.length < 5 ? word : word.replace(/(?:ping|ped|ings?|ies|ed|es|s)$/, "");
  }

  function wordsIn(text) {
    const all = text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}/._⁻-]*/gu) || [];
    const telling = all.filter((word) => !LITTLE.has(word));
    return (telling.length ? telling : all).map((word) => stem(word.replace(/[.?!-]+$/, "")));
  }

  function suits(element) {
    const chosen = (id, key, list) => !value(id) || (list ? (element.dataset[key] || "").split(" ").includes(value(id)) : element.dataset[key] === value(id));
    return chosen("report", "report") && chosen("verdict", "verdict") && chosen("dataset", "datasets", true) && chosen("stack", "stacks", true);
  }

  /** Show what has all the words; where nothing has, what has most of them. */
  function search() {
    const words = wordsIn(value("words"));
    const suitable = found.filter(suits);
    const hits = suitable.map((element) => words.filter((word) => element.dataset.words.includes(word)).length);
    const most = Math.max(0, ...hits);
    const shown = new Set(suitable.filter((_, i) => !words.length || (most > 0 && hits[i] === most)));
    found.forEach((element) => { element.hidden = !shown.has(element); });
    document.querySelectorAll(".report").forEach((report) => { report.hidden = !report.querySelector(".found:not([hidden])"); });
    const sentences = [...shown].filter((element) => element.dataset.verdict).length;
    const all = shown.size === found.length;
    const partly = words.length > 1 && most > 0 && most < words.length ? ` with ${most} of these ${words.length} words` : "";
    count.textContent = `${all ? "All " : ""}${sentences} sentences and ${shown.size - sentences} pages${partly}.`;
    const address = new URLSearchParams([...new FormData(form)]).toString();
    return address;
  }

  form.addEventListener("input", search);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(search));
  search();
})();
