// The page of a user's own runs: filtered by their settings, grouped over seeds, compared in pairs.
"use strict";

window.Page.data.then((D) => {
  const { make, copier, facts, sortable, say } = window.Page;
  const { draw, traces, layout, axis, learned, key, check, short } = window.Charts;
  const MOST_LINES = 40, OPENED = 12;
  const at = (id) => document.getElementById(id);
  const shown = { seeds: false, band: true, report: false, logX: false, logY: false };
  const off = new Set();
  let groups = [];

  /** A quantile of sorted numbers, by linear interpolation. */
  function quantile(sorted, share) {
    const place = share * (sorted.length - 1), low = Math.floor(place);
    return sorted[low] + (place - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
  }

  const average = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const median = (values) => quantile([...values].sort((a, b) => a - b), 0.5);

  function sd(values) {
    const middle = average(values);
    return values.length < 2 ? null : Math.sqrt(values.reduce((a, y) => a + (y - middle) ** 2, 0) / (values.length - 1));
  }

  /** The positions of a run's points along x. */
  function along(run, x) {
    if (x === "step") return run.at.map((epoch) => epoch * run.steps / run.epochs);
    return x === "seconds" ? run.at.map((epoch) => epoch * run.seconds / run.epochs) : run.at;
  }

  function since(run, event) {
    return Math.min(...run.events.filter(([name]) => name === event).map(([, , epoch]) => epoch), Infinity);
  }

  /** One line over runs: their mean at every point of the longest, or their median once one has diverged. */
  function lineOf(label, runs, name, x, i) {
    const column = D.names.indexOf(name);
    const known = runs.filter((run) => run.series[column]);
    const longest = known.reduce((a, run) => (run.at.length > (a ? a.at.length : 0) ? run : a), null);
    const curve = { label, x: longest ? along(longest, x) : [], middle: [], low: [], high: [], diverged: [], seeds: known.map((run) => run.seed),
      by_seed: known.map((run) => longest.at.map((epoch) => { const k = run.at.indexOf(epoch); return k < 0 ? null : run.series[column][k]; })),
      report: [[], []], sparse: false, colour: i % 8, marker: i, dash: ["solid", "dash", "dot"][Math.floor(i / 8) % 3] };
    curve.x.forEach((_, k) => {
      const values = curve.by_seed.map((row) => row[k]).filter((y) => y !== null);
      const lost = known.some((run) => longest.at[k] >= since(run, "diverged"));
      curve.middle.push(values.length ? (lost ? median(values) : average(values)) : null);
      const sorted = [...values].sort((a, b) => a - b);
      curve.low.push(values.length > 1 ? quantile(sorted, 0.05) : null);
      curve.high.push(values.length > 1 ? quantile(sorted, 0.95) : null);
      if (lost) curve.diverged.push(k);
    });
    return curve;
  }

  /** Markers where a rate turned negative and where a run diverged, on the run's line. */
  function events(runs, name, x) {
    const column = D.names.indexOf(name);
    const mark = (event, symbol) => {
      const points = runs.filter((run) => run.series[column]).flatMap((run) => run.events.filter(([name]) => name === event).map(([, step, epoch, level]) => {
        const k = run.at.findIndex((one) => one >= epoch);
        return k < 0 ? null : { x: along(run, x)[k], y: run.series[column][k], says: `${event}, seed ${run.seed}, step ${step}${level === null ? "" : `, level ${level}`}` };
      })).filter((point) => point && point.y !== null);
      return { x: points.map((p) => p.x), y: points.map((p) => p.y), text: points.map((p) => p.says), mode: "markers", hovertemplate: "%{text}<extra></extra>",
        marker: { symbol, size: 10, color: window.Charts.variable("--ink"), line: { width: 2, color: window.Charts.variable("--ink") } } };
    };
    return [mark("negative alpha", "triangle-down-open"), mark("diverged", "x-thin")].filter((one) => one.x.length);
  }

  const values = (name) => at(name).value;
  const titleOf = (name) => (/^\d+\./.test(name) ? `level ${name.replace(".", ": ")}` : name.replaceAll("_", " ")) + (/(error|accuracy)$/.test(name) ? " (%)" : "");

  function suits(run) {
    const setting = D.settings[run.setting];
    const words = at("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = `${setting.label} ${Object.entries(setting.texts).map(([k, v]) => `${k}=${v}`).join(" ")} ${run.id} seed=${run.seed}`.toLowerCase();
    return words.every((word) => text.includes(word))
      && [...document.querySelectorAll("#filters select")].every((select) => !select.value || setting.texts[select.dataset.key] === select.value);
  }

  function nameOf(run, by) {
    if (by === "setting") return D.settings[run.setting].label;
    return by === "run" ? `${D.settings[run.setting].label}, seed ${run.seed} (${run.id})` : `${by}=${D.settings[run.setting].texts[by] ?? "–"}`;
  }

  /** Group the selected runs into lines, in the order in which they were trained. */
  function regroup() {
    const chosen = D.runs.filter(suits), by = values("group"), found = new Map();
    chosen.forEach((run) => found.set(nameOf(run, by), [...(found.get(nameOf(run, by)) || []), run]));
    groups = [...found].map(([label, runs]) => ({ label, runs }));
    off.clear();
    groups.slice(OPENED).forEach((group) => off.add(group.label));
    at("count").textContent = `${chosen.length} of ${D.runs.length} runs, ${groups.length} ${groups.length === 1 ? "line" : "lines"}.`;
    legend();
    redraw();
  }

  function curves() {
    return groups.slice(0, MOST_LINES).map((group, i) => ({ ...group, curve: lineOf(group.label, group.runs, values("y"), values("x"), i) }));
  }

  function legend() {
    at("legend").replaceChildren(...curves().map(({ label, runs, curve }) => {
      const button = make("button", { type: "button", "aria-pressed": String(!off.has(label)) }, key(curve), `${label} (${runs.length})`);
      button.addEventListener("click", () => {
        const hidden = off.has(label);
        if (hidden) off.delete(label); else off.add(label);
        button.setAttribute("aria-pressed", String(hidden));
        redraw();
      });
      return make("li", {}, button);
    }));
    at("more").textContent = groups.length > MOST_LINES ? `The first ${MOST_LINES} of ${groups.length} lines; choose fewer runs to see others.` : "";
  }

  const axes = () => layout(axis({ epoch: "epoch", step: "step", seconds: "seconds of training" }[values("x")], shown.logX, values("x") !== "seconds" && !shown.logX),
    axis(titleOf(values("y")), shown.logY));

  const redraw = () => at("plot").redraw && at("plot").redraw();

  const runsOf = (setting) => D.runs.filter((run) => run.setting === setting);
  function last(run, name) {
    const series = run.series[D.names.indexOf(name)];
    return series ? series[series.length - 1] : null;
  }

  /** Mean and sd of the last values of some runs, or their median if one diverged. */
  function ended(runs, name) {
    const found = runs.map((run) => last(run, name)).filter((y) => y !== null);
    const lost = runs.filter((run) => run.diverged).length;
    if (!found.length) return { text: "–", spread: "–", lost };
    return { text: short4(lost ? median(found) : average(found)) + (lost ? " (median)" : ""), spread: lost ? "–" : short4(sd(found)), lost };
  }

  const short4 = (value) => (value === null ? "–" : Number(value.toPrecision(4)).toString());

  function runTable(setting) {
    const name = values("y");
    const holder = make("div", { className: "config" });
    const rows = runsOf(setting).map((run) => {
      const button = make("button", { type: "button" }, run.id);
      button.addEventListener("click", () => holder.replaceChildren(facts([["run", run.id], ...Object.entries(D.settings[setting].config), ["seed", run.seed],
        ...Object.entries(D.made[run.made]), ["started", run.started], ["seconds", run.seconds], ["steps", run.steps],
        ["events", run.events.slice(0, 20).map(([event, step, , level]) => `${event} at step ${step}${level === null ? "" : `, level ${level}`}`).join("; ") || "none"]])));
      return make("tr", {}, make("th", { scope: "row" }, String(run.seed)), make("td", {}, short(last(run, name))),
        make("td", { className: "left diverged" }, run.diverged ? "diverged" : ""), make("td", { className: "left" }, button));
    });
    const seeds = [...new Set(runsOf(setting).map((run) => run.seed))];
    const again = `hyperopt run ${seeds.length > 1 ? "-m " : ""}${D.settings[setting].words} seed=${seeds.join(",")}`;
    return make("div", { className: "unfolded" }, make("table", {}, make("thead", {}, make("tr", {}, ...["seed", titleOf(name), "", "run"].map((head) => make("th", { scope: "col" }, head)))),
      make("tbody", {}, ...rows)), make("div", { className: "code" }, make("pre", { tabIndex: 0 }, make("code", {}, again)), copier("Copy", again)), holder);
  }

  function settings() {
    const table = document.querySelector("#settings table"), name = values("y");
    const keys = D.keys.filter((one) => D.settings.some((setting) => setting.texts[one] !== undefined));
    const heads = ["setting", ...keys.filter((one) => !["stack", "alpha"].includes(one)), "n", titleOf(name), "sd", "diverged"];
    table.tHead.rows[0].replaceChildren(...heads.map((head, i) => make("th", { scope: "col", className: i ? "" : "left" }, head)));
    const there = [...new Set(D.runs.filter(suits).map((run) => run.setting))];
    table.tBodies[0].replaceChildren(...there.map((i) => {
      const runs = runsOf(i), result = ended(runs, name), setting = D.settings[i];
      const button = make("button", { type: "button", className: "unfold", "aria-expanded": "false", "aria-label": `Runs of ${setting.label}` });
      const row = make("tr", {}, make("th", { scope: "row", className: "left" }, button, setting.label),
        ...keys.filter((one) => !["stack", "alpha"].includes(one)).map((one) => make("td", {}, setting.texts[one] ?? "–")),
        ...[String(runs.length), result.text, result.spread, String(result.lost || "")].map((text) => make("td", {}, text)));
      button.addEventListener("click", () => {
        const open = button.getAttribute("aria-expanded") === "true";
        button.setAttribute("aria-expanded", String(!open));
        if (open) row.nextElementSibling.remove();
        else row.after(make("tr", { className: "detail" }, make("td", { colSpan: heads.length }, runTable(i))));
      });
      return row;
    }));
    if (there.length) sortable(table);
  }

  /** Compare two settings: their curves, and their difference paired by seed with Student's interval. */
  function compare() {
    const [first, second] = [Number(values("first")), Number(values("second"))], name = values("y");
    const pair = [first, second].map((setting, i) => lineOf(`${i ? "second" : "first"}: ${D.settings[setting].label}`, runsOf(setting), name, values("x"), i));
    const bySeed = [first, second].map((setting) => new Map(runsOf(setting).map((run) => [run.seed, run])));
    const seeds = [...bySeed[0].keys()].filter((seed) => bySeed[1].has(seed)).sort((a, b) => a - b);
    const rows = seeds.map((seed) => [seed, ...bySeed.map((runs) => last(runs.get(seed), name))]);
    const gaps = rows.filter(([, a, b]) => a !== null && b !== null).map(([, a, b]) => a - b);
    const lost = seeds.some((seed) => bySeed.some((runs) => runs.get(seed).diverged));
    const t = D.t[gaps.length - 2];
    const half = gaps.length > 1 && t ? t * sd(gaps) / Math.sqrt(gaps.length) : null;
    const what = `${titleOf(name)}, first − second`;
    at("difference").textContent = first === second ? "Choose two different settings."
      : !gaps.length ? "They have no seed in common."
        : lost ? `${what}: median ${short4(median(gaps))} over ${gaps.length} seeds; there is no mean, as a run diverged.`
          : `${what}: mean ${short4(average(gaps))}${half === null ? "" : `, 95 % interval ${short4(average(gaps) - half)} to ${short4(average(gaps) + half)}`} over ${gaps.length} seeds.`;
    at("pairs").replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, ...["seed", "first", "second", "first − second"].map((head) => make("th", { scope: "col" }, head)))),
      make("tbody", {}, ...rows.map(([seed, a, b]) => make("tr", {}, make("th", { scope: "row" }, String(seed)), make("td", {}, short(a)), make("td", {}, short(b)),
        make("td", {}, a === null || b === null ? "–" : short4(a - b)))))));
    const both = () => pair.flatMap((curve) => traces(curve, shown, { x: { label: values("x") } }));
    const paired = seeds.map((seed) => bySeed.map((runs) => runs.get(seed))).filter((two) => two.every((run) => run.series[D.names.indexOf(name)]));
    const differing = paired.map(([a, b]) => ({ ...a, events: [...a.events, ...b.events],
      series: D.names.map((one, k) => (one === name ? a.series[k].map((y, j) => { const m = b.at.indexOf(a.at[j]); return m < 0 || y === null || b.series[k][m] === null ? null : y - b.series[k][m]; }) : null)) }));
    const gap = lineOf("first − second", differing, name, values("x"), 2);
    draw(at("both"), both, axes);
    draw(at("gap"), () => traces(gap, { ...shown, seeds: true }, { x: { label: values("x") } }), () => layout(axis(values("x"), shown.logX), { ...axis(what, false), zeroline: true, zerolinewidth: 2 }));
    at("both").redraw();
    at("gap").redraw();
  }

  function inside() {
    const runs = runsOf(Number(values("inside-of"))), rules = D.settings[Number(values("inside-of"))].config.stack.split("/");
    const given = { moved: [], held: [], marks: [] };
    D.names.filter((name) => /^\d+\./.test(name)).forEach((name) => {
      const column = D.names.indexOf(name), known = runs.filter((run) => run.series[column]);
      if (!known.length) return;
      const [level, word] = name.split(".");
      const title = `level ${level}, ${rules[level]}: ${word}`;
      const all = new Set(known.flatMap((run) => run.series[column]));
      if (all.size <= 1) given.held.push([title, [...all][0]]);
      else {
        const curve = lineOf(title, known, name, "epoch", 0);
        given.moved.push({ name: title, x: curve.x, seeds: curve.seeds.map((seed, k) => [seed, curve.by_seed[k]]), marks: () => events(known, name, "epoch") });
      }
    });
    learned(given, at("inside-plots"), at("inside-held"));
  }

  function options(select, pairs) {
    select.replaceChildren(...pairs.map(([value, text]) => make("option", { value: String(value) }, text)));
  }

  function training() {
    if (!D.training.length) return;
    at("training").hidden = false;
    at("training").append(make("h2", {}, "In training"), ...D.training.map((pack) => make("p", {},
      make("progress", { max: pack.epochs, value: pack.epoch, "aria-label": `${pack.epoch} of ${pack.epochs} epochs` }),
      ` ${pack.runs} ${pack.runs === 1 ? "run" : "runs"}, ${pack.epoch} of ${pack.epochs} epochs, ${pack.doing}: `, make("code", {}, pack.command))),
    make("p", { className: "quiet" }, "Reload the page to update it; finished runs are added to those below."));
  }

  function begin() {
    const less = D.stored > D.runs.length ? `the last ${D.runs.length} of ${D.stored} runs` : `${D.runs.length} ${D.runs.length === 1 ? "run" : "runs"}`;
    at("about").append(`${less} in ${D.settings.length} ${D.settings.length === 1 ? "setting" : "settings"}, as of ${D.now}, by `, make("code", {}, D.command), ".");
    training();
    if (!D.runs.length) {
      document.querySelectorAll("section:not(#training), #choose").forEach((one) => { one.hidden = true; });
      return;
    }
    for (const one of D.keys) {
      const found = [...new Set(D.settings.map((setting) => setting.texts[one]).filter((text) => text !== undefined))];
      if (found.length < 2) continue;
      const select = make("select", {}, make("option", { value: "" }, "any"), ...found.map((text) => make("option", { value: text }, text)));
      select.dataset.key = one;
      at("filters").append(make("label", {}, `${one} `, select));
    }
    options(at("y"), D.names.map((name) => [name, titleOf(name)]));
    at("y").value = D.metric;
    options(at("group"), [["setting", "setting, over seeds"], ...D.keys.map((one) => [one, one]), ["run", "run"]]);
    const every = D.settings.map((setting, i) => [i, setting.label]);
    for (const id of ["first", "second", "inside-of"]) options(at(id), every);
    at("second").value = String(Math.min(1, every.length - 1));
    at("inside-of").value = String(Math.max(0, D.settings.findIndex((setting) => setting.config.stack.includes("/"))));
    const change = (name) => (on) => { shown[name] = on; redraw(); compare(); };
    at("checks").append(...[["each run", "seeds"], [D.band, "band"], ["logarithmic x", "logX"], ["logarithmic y", "logY"]].map(([label, name]) => check(label, shown[name], change(name))));
    draw(at("plot"), () => curves().filter(({ label }) => !off.has(label)).flatMap(({ runs, curve }) => [...traces(curve, shown, { x: { label: values("x") } }),
      ...events(runs, values("y"), values("x"))]), axes);
    at("choose").addEventListener("input", () => { regroup(); settings(); });
    at("choose").addEventListener("submit", (event) => event.preventDefault());
    for (const id of ["y", "x"]) at(id).addEventListener("change", () => { redraw(); settings(); compare(); say(`${titleOf(values("y"))} against ${values("x")}`); });
    at("group").addEventListener("change", regroup);
    for (const id of ["first", "second"]) at(id).addEventListener("change", compare);
    at("inside-of").addEventListener("change", inside);
    regroup();
    settings();
    compare();
    inside();
  }

  begin();
}, () => {});
