// Interaction on the page of a table or figure: sorting, unfolding a row into its seeds, copying.
"use strict";

(() => {
  const SUPERSCRIPT = { "⁰": 0, "¹": 1, "²": 2, "³": 3, "⁴": 4, "⁵": 5, "⁶": 6, "⁷": 7, "⁸": 8, "⁹": 9, "⁻": "-" };
  let D = {};

  /** Unpack the page's data, deflated JSON in base64. A page opened from a disk can only load scripts. */
  async function unpacked(packed) {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
  }

  /** An element with properties and children; strings become text, never HTML. */
  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(properties)) {
      if (key in element) element[key] = value;
      else element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  function say(text) {
    const said = document.getElementById("said");
    said.textContent = "";
    setTimeout(() => { said.textContent = text; }, 50);
  }

  async function copy(text, button) {
    const before = button.textContent;
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", { value: text, className: "unseen" });
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    button.textContent = done ? "Copied" : "Not copied";
    say(done ? "Copied." : "The browser does not let this page copy.");
    setTimeout(() => { button.textContent = before; }, 1500);
  }

  function copier(label, text) {
    const button = make("button", { type: "button" }, label);
    button.addEventListener("click", () => copy(typeof text === "function" ? text() : text, button));
    return button;
  }

  /** The first number of a cell, such as 5 * 10⁻⁴, > 1,200 or 3.10%†; null if there is none. */
  function numberIn(text) {
    if (/^\s*(∞|never)/.test(text)) return Infinity;
    const plain = text.replace(/,(?=\d{3})/g, "").replace(/−/g, "-")
      .replace(/(?:(\d+(?:\.\d+)?)\s*\*\s*)?10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)/g,
        (_, factor, power) => `${factor || 1}e${[...power].map((sign) => SUPERSCRIPT[sign]).join("")}`);
    const found = plain.match(/^[^\d-]{0,3}(-?\d+(?:\.\d+)?(?:e-?\d+)?)/i);
    return found ? Number(found[1]) : null;
  }

  function sortBy(table, column, down) {
    const body = table.tBodies[0];
    body.querySelectorAll("tr.detail").forEach((row) => row.remove());
    body.querySelectorAll("button.unfold").forEach((button) => button.setAttribute("aria-expanded", "false"));
    const rows = [...body.rows].map((row, i) => {
      const text = row.cells[column].textContent.trim();
      return { row, i, text, missing: text === "" || text === "–", number: numberIn(text) };
    });
    const numeric = 2 * rows.filter((one) => one.missing || one.number !== null).length > rows.length;
    if (numeric) rows.forEach((one) => { one.missing ||= one.number === null; });
    const sign = down ? -1 : 1;
    rows.sort((a, b) => a.missing - b.missing
      || sign * (numeric ? (a.number === b.number ? 0 : a.number < b.number ? -1 : 1) : a.text.localeCompare(b.text))
      || a.i - b.i);
    body.append(...rows.map((one) => one.row));
  }

  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (!head.textContent.trim() && !table.tBodies[0].rows[0]?.cells[column]?.textContent.trim()) return;
      const button = make("button", { type: "button", className: "sort" }, ...head.childNodes);
      if (!button.textContent.trim()) button.setAttribute("aria-label", `column ${column + 1}`);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((one) => one.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        sortBy(table, column, down);
        say(`Sorted by ${button.textContent.trim() || "this column"}, ${down ? "descending" : "ascending"}.`);
      });
    });
  }

  function facts(pairs) {
    return make("table", {}, make("tbody", {}, ...pairs.map(([key, value]) => make("tr", {},
      make("th", { scope: "row", className: "left" }, key),
      make("td", { className: "left" }, typeof value === "string" ? value : JSON.stringify(value))))));
  }

  /** The config of a run, with its provenance. */
  function config(run) {
    const [id, seed, setting, made, diverged, seconds, events] = run;
    const pairs = [["run", id], ...Object.entries(D.settings[setting].config), ["seed", seed],
      ...Object.entries(D.made[made]), ["seconds", seconds]];
    const lines = events.map(([name, step, epoch, level]) =>
      `${name} at step ${step} (epoch ${epoch})${level === null ? "" : `, level ${level}`}`);
    return make("div", {}, facts(lines.length ? [...pairs, ["events", lines.slice(0, 20).join("; ")]] : pairs),
      copier("Copy the config as JSON", () => JSON.stringify({ ...D.settings[setting].config, seed }, null, 2)));
  }

  function seedRow(seed, value, diverged, runs, detail) {
    const buttons = runs.slice(0, 1).map((i) => {
      const button = make("button", { type: "button", "aria-expanded": "false" }, D.runs[i][0]);
      button.setAttribute("aria-label", `Config of run ${D.runs[i][0]}`);
      button.addEventListener("click", () => {
        const open = button.getAttribute("aria-expanded") === "true";
        detail.querySelectorAll("button[aria-expanded]").forEach((one) => one.setAttribute("aria-expanded", "false"));
        button.setAttribute("aria-expanded", String(!open));
        detail.querySelector(".config").replaceChildren(...(open ? [] : [config(D.runs[i])]));
      });
      return button;
    });
    return make("tr", {}, make("th", { scope: "row" }, String(seed)),
      make("td", {}, String(value)),
      make("td", { className: "left diverged" }, diverged ? "diverged" : ""),
      make("td", { className: "left" }, ...buttons, runs.length > 1 ? ` and ${runs.length - 1} more` : ""));
  }

  function command(words, seeds) {
    return `hyperopt run ${seeds.length > 1 ? "-m " : ""}${words} seed=${seeds.join(",")}`;
  }

  /** The seeds of some cells: values, runs, and how to train them again. */
  function seedsOf(numbers) {
    const detail = make("div", { className: "unfolded" });
    const blocks = numbers.map((number) => {
      const cell = D.cells[number];
      const rows = cell.seeds.map((one) => seedRow(...one, detail));
      const head = make("tr", {}, ...[cell.of, cell.unit.trim() ? `value (${cell.unit.trim()})` : "value", "", "run"].map((name) =>
        make("th", { scope: "col" }, name)));
      const missing = cell.missing.length ? make("p", {}, `missing: ${cell.missing.join(", ")}`) : null;
      return make("div", {}, make("p", {}, make("strong", {}, `${cell.row}, ${cell.column}`)),
        make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)), missing);
    });
    const settings = new Map();
    for (const number of numbers) {
      for (const [seed, , , runs] of D.cells[number].seeds) {
        for (const i of runs) {
          const setting = D.runs[i][2];
          settings.set(setting, [...(settings.get(setting) || []), seed]);
        }
      }
    }
    const again = [...settings].slice(0, 8).map(([setting, seeds]) => {
      const text = command(D.settings[setting].words, [...new Set(seeds)]);
      const show = make("button", { type: "button" }, "Show its hyperparameters");
      show.addEventListener("click", () => document.dispatchEvent(new CustomEvent("setting", { detail: setting })));
      return make("div", { className: "code" }, make("pre", { tabIndex: 0 }, make("code", {}, text)),
        copier("Copy", text), document.getElementById("learned") ? show : null);
    });
    detail.append(make("div", { className: "seeds" }, ...blocks),
      again.length ? make("p", {}, "To train it again:") : "", ...again, make("div", { className: "config" }));
    return detail;
  }

  function cellsOf(element) {
    return element.dataset.cells.split(" ").map(Number);
  }

  function unfoldable(row) {
    const name = row.cells[0].textContent.trim();
    const button = make("button", { type: "button", className: "unfold", "aria-expanded": "false",
      "aria-label": `Seeds and runs of ${name}` });
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") === "true";
      button.setAttribute("aria-expanded", String(!open));
      if (open) row.nextElementSibling.remove();
      else row.after(make("tr", { className: "detail" }, make("td", { colSpan: row.cells.length }, seedsOf(cellsOf(row)))));
    });
    row.cells[0].prepend(button);
  }

  function choosable(cell) {
    const button = make("button", { type: "button" }, ...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => {
      document.querySelectorAll(".heat td[aria-current]").forEach((one) => one.removeAttribute("aria-current"));
      cell.setAttribute("aria-current", "true");
      document.getElementById("heat-detail").replaceChildren(seedsOf(cellsOf(cell)));
    });
  }

  /** Start once the data are unpacked. Until then, and in browsers that cannot unpack them, the page is static. */
  function begin(data) {
    D = data;
    document.documentElement.classList.add("js");
    document.querySelectorAll("table.sortable").forEach((table) => table.tBodies[0].rows.length && sortable(table));
    document.querySelectorAll("tr[data-cells]").forEach(unfoldable);
    document.querySelectorAll("td[data-cells]").forEach(choosable);
    document.querySelectorAll(".code").forEach((code) => code.append(copier("Copy", code.textContent.trim())));
    document.querySelectorAll("[data-copy]").forEach((button) =>
      button.addEventListener("click", () => copy(D[button.dataset.copy], button)));
  }

  const data = unpacked(window.DATA);
  data.then(begin, () => document.getElementById("main").prepend(
    make("p", { className: "quiet" }, "This browser is too old for the live parts of this page: it lacks DecompressionStream.")));
  window.Page = { make, say, copier, command, facts, sortable, data };
})();
