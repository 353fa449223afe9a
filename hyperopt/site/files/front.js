// Search and filters of the first page.
"use strict";

(() => {
  document.documentElement.classList.add("js");
  const LITTLE = new Set(("a an and are as at be but by can did do does for from had has have how i in is it its me my of on or so "
    + "than that the there they this to was we were what when where which who why will with you your best better worse good bad help helps work works happened happen myself run move").split(" "));
  const form = document.getElementById("search");
  const found = [...document.querySelectorAll(".found")];
  const count = document.getElementById("count");
  const value = (id) => document.getElementById(id).value;

  /** Strip endings, so that clipping finds clip and clipped. */
  function stem(word) {
    return word.length < 5 ? word : word.replace(/(?:ping|ped|ings?|ies|ed|es|s)$/, "");
  }

  /** A word, and if it is a number such as 1e-3, also the notation of tables. */
  function spellings(word) {
    const number = word.match(/^(\d+)e(-?)0?(\d)$/);
    if (!number) return [word];
    const power = `10${number[2] && "⁻"}${"⁰¹²³⁴⁵⁶⁷⁸⁹"[number[3]]}`;
    return [word, number[1] === "1" ? power : `${number[1]} * ${power}`];
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

  const datasets = [...document.querySelectorAll("#dataset option")].map((option) => option.value).filter(Boolean);

  /** Link to the best stacks on a data set in the query. */
  function hint(dataset) {
    const place = document.getElementById("hint");
    place.hidden = !document.getElementById(`best-${dataset}`);
    const link = document.createElement("a");
    link.href = `#best-${dataset}`;
    link.textContent = `The best stacks on ${dataset}`;
    place.replaceChildren(link);
  }

  /** Show what contains all the words, or if nothing does, what contains most of them. */
  function search() {
    const words = wordsIn(value("words"));
    const suitable = found.filter(suits);
    const hits = suitable.map((element) => words.filter((word) => spellings(word).some((one) => element.dataset.words.includes(one))).length);
    const most = Math.max(0, ...hits);
    const shown = new Set(suitable.filter((_, i) => !words.length || (most > 0 && hits[i] === most)));
    found.forEach((element) => { element.hidden = !shown.has(element); });
    document.querySelectorAll(".report").forEach((report) => { report.hidden = !report.querySelector(".found:not([hidden])"); });
    const verdicts = [...shown].map((element) => element.dataset.verdict).filter(Boolean);
    const byVerdict = [...new Set(verdicts)].map((one) => `${verdicts.filter((other) => other === one).length} ${one}`).join(", ");
    const counted = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;
    const all = shown.size === found.length;
    const partly = words.length > 1 && most > 0 && most < words.length ? ` with ${most} of these ${words.length} words` : "";
    count.textContent = shown.size === 0 ? "Nothing here contains these words."
      : `${all ? "All " : ""}${counted(verdicts.length, "sentence")}${byVerdict && !all ? ` (${byVerdict})` : ""} and ${counted(shown.size - verdicts.length, "page")}${partly}.`;
    hint(all ? "" : [...datasets].find((name) => value("dataset") === name || words.includes(name)) || "");
  }

  for (const event of ["input", "change"]) form.addEventListener(event, search);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(search));
  search();
})();
