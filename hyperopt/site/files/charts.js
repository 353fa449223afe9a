// Live figures by plotly: curves with seeds and bands, hyperparameters over epochs.
"use strict";

(() => {
  const SYMBOLS = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "x", "star"];
  const MOST_MARKERS = 60;
  const style = () => getComputedStyle(document.documentElement);
  const variable = (name) => style().getPropertyValue(name).trim();
  const colour = (i) => variable(`--c${((i % 8) + 8) % 8}`);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Set();

  /** Load plotly once, when the first picture needs it. */
  let loading = null;
  function plotly() {
    loading ||= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = document.querySelector("script[src$='charts.js']").src.replace("charts.js", "plotly.min.js");
      script.onload = () => done(window.Plotly);
      script.onerror = failed;
      document.head.append(script);
    });
    return loading;
  }

  /** Text for plotly, which reads a few HTML tags. */
  function text(given) {
    return String(given).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  }

  function short(value) {
    if (value === null || value === undefined) return "–";
    return Number(value.toPrecision(5)).toString();
  }

  function axis(title, log, whole) {
    return {
      title: { text: text(title), standoff: 8 }, type: log ? "log" : "linear", gridcolor: variable("--grid"),
      linecolor: variable("--quiet"), zerolinecolor: variable("--line"), automargin: true, exponentformat: "power",
      ticks: "outside", tickcolor: variable("--quiet"), rangemode: "normal",
      tickformat: whole ? ",d" : undefined, nticks: log ? undefined : 7,
    };
  }

  function layout(x, y) {
    return {
      xaxis: x, yaxis: y, showlegend: false, margin: { l: 56, r: 12, t: 30, b: 44 }, hovermode: "closest",
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", hoverdistance: 25, dragmode: "zoom",
      font: { color: variable("--ink"), family: "system-ui, DejaVu Sans, sans-serif", size: 12 },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: variable("--quiet"), activecolor: variable("--ink") },
      hoverlabel: { align: "left", bgcolor: variable("--soft"), bordercolor: variable("--quiet"),
        font: { color: variable("--ink"), size: 12 } },
    };
  }

  const CONFIG = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };

  const near = new IntersectionObserver((seen) => seen.filter((one) => one.isIntersecting).forEach((one) => {
    near.unobserve(one.target);
    one.target.begin();
  }), { rootMargin: "300px" });

  /** Draw a plot when it comes near the screen, and again when something changes. */
  function draw(element, traces, look) {
    let begun = false;
    element.redraw = async () => {
      if (begun) (await plotly()).react(element, traces(), look(), CONFIG);
    };
    element.begin = () => { begun = true; return element.redraw(); };
    drawn.add(element);
    near.observe(element);
  }
  dark.addEventListener("change", () => drawn.forEach((one) => one.isConnected ? one.redraw() : drawn.delete(one)));
  addEventListener("beforeprint", () => drawn.forEach((one) => one.isConnected && one.begin()));

  /** Join the curves of several seeds to one line with gaps. */
  function together(xs, rows) {
    const x = [], y = [];
    for (const row of rows) {
      x.push(...xs, null);
      y.push(...row, null);
    }
    return { x, y };
  }

  function seedValues(curve, i) {
    const each = curve.seeds.map((seed, k) => `seed ${seed}: ${short(curve.by_seed[k][i])}`);
    const across = each.length > 12 ? 5 : 1;
    const lines = [];
    for (let k = 0; k < each.length; k += across) lines.push(each.slice(k, k + across).join("   "));
    return lines.join("<br>");
  }

  /** The plotly traces of one curve: band, seeds, mean, and the report's curve. */
  function traces(curve, shown, figure) {
    const line = { color: colour(curve.colour), dash: curve.dash };
    const found = [];
    const inBand = curve.x.map((_, i) => i).filter((i) => curve.low[i] !== null && curve.high[i] !== null);
    if (shown.band && inBand.length) {
      const there = [...inBand, ...[...inBand].reverse()];
      found.push({ x: there.map((i) => curve.x[i]), y: there.map((i, k) => (k < inBand.length ? curve.high : curve.low)[i]),
        fill: "toself", fillcolor: line.color, opacity: 0.16, line: { width: 0 }, mode: "lines", hoverinfo: "skip" });
    }
    if (shown.seeds) {
      found.push({ ...together(curve.x, curve.by_seed), mode: "lines", line: { ...line, width: 0.8 }, opacity: 0.55, hoverinfo: "skip" });
    }
    const symbol = SYMBOLS[curve.marker % SYMBOLS.length];
    if (curve.x.length) {
      found.push({
        x: curve.x, y: curve.middle, mode: "lines+markers", line: { ...line, width: 2.2 }, name: text(curve.label),
        marker: { symbol, size: 7, color: line.color, maxdisplayed: MOST_MARKERS },
        text: curve.x.map((x, i) => `<b>${text(curve.label)}</b><br>${text(figure.x.label)} ${short(x)}: ${short(curve.middle[i])}`
          + `${curve.diverged.includes(i) ? " (median; a run diverged)" : ""}<br>${seedValues(curve, i)}`),
        hovertemplate: "%{text}<extra></extra>",
      });
      const lost = curve.diverged.filter((i) => curve.middle[i] !== null);
      found.push({ x: lost.map((i) => curve.x[i]), y: lost.map((i) => curve.middle[i]), mode: "markers", hoverinfo: "skip",
        marker: { symbol: "x-thin", size: 9, line: { width: 2, color: variable("--ink") } } });
    }
    const [reportX, reportY] = curve.report;
    if (shown.report && reportX.length) {
      found.push({
        x: reportX, y: reportY, mode: curve.sparse ? "markers" : "lines", line: { color: line.color, dash: "dash", width: 1.4 },
        marker: { symbol: `${symbol}-open`, size: 11, color: line.color, line: { width: 2 } },
        text: reportY.map((y, i) => `<b>${text(curve.label)}</b><br>${text(figure.reference)}, ${text(figure.x.label)} ${short(reportX[i])}: ${short(y)}`),
        hovertemplate: "%{text}<extra></extra>",
      });
    }
    return found;
  }

  function check(label, on, change) {
    const { make } = window.Page;
    const box = make("input", { type: "checkbox", checked: on });
    box.addEventListener("change", () => change(box.checked));
    return make("label", {}, box, ` ${label}`);
  }

  /** The sample of a curve's line and marker for the legend. */
  function key(curve) {
    const dash = { solid: "", dash: "7 3", dot: "2 3" }[curve.dash] || "";
    const line = `<line x1="1" y1="7" x2="33" y2="7" stroke="var(--c${curve.colour})" stroke-width="2.4" stroke-dasharray="${dash}"/>`;
    const shapes = ["M13 7a4 4 0 1 0 8 0a4 4 0 1 0-8 0", "M13 3h8v8h-8z", "M17 2l5 9h-10z", "M17 2l5 5-5 5-5-5z", "M12 3h10l-5 9z",
      "M15 2h4v3h3v4h-3v3h-4v-3h-3v-4h3z", "M13 5l2-2 2 2 2-2 2 2-2 2 2 2-2 2-2-2-2 2-2-2 2-2z", "M17 1l2 4h4l-3 3 1 5-4-3-4 3 1-5-3-3h4z"];
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 34 14");
    svg.setAttribute("aria-hidden", "true");
    svg.innerHTML = `${line}<path d="${shapes[curve.marker % 8]}" fill="var(--c${curve.colour})"/>`;
    return svg;
  }

  /** Build the live figure: controls, a legend whose entries toggle curves, panels. */
  function figure(place, given) {
    const { make } = window.Page;
    const logs = new Set(given.panels.map((panel) => panel.log));
    const shown = { seeds: false, band: true, report: true, logX: given.x.log, logY: logs.has(true) && logs.size === 1 ? true : null };
    const off = new Set();
    const labels = [...new Map(given.panels.flatMap((panel) => panel.curves).map((curve) => [curve.label, curve])).values()];
    const reports = labels.some((curve) => given.panels.some((p) => p.curves.some((c) => c.label === curve.label && c.report[0].length)));
    const plots = [];
    const redraw = () => plots.forEach((plot) => plot.redraw());
    const logOf = (panel) => shown.logY === null ? panel.log : shown.logY;
    const change = (name) => (on) => { shown[name] = on; redraw(); };
    const controls = make("fieldset", { className: "controls" }, make("legend", { className: "unseen" }, "What is shown"),
      check("each seed", false, change("seeds")),
      given.band ? check(given.band, true, change("band")) : null,
      reports ? check(`${given.reference} (${labels.some((c) => c.sparse) ? "open marks" : "dashed"})`, true, change("report")) : null,
      check("logarithmic x", shown.logX, change("logX")),
      check("logarithmic y", logs.has(true), change("logY")));
    const legend = make("ul", { className: "legend", "aria-label": "Curves" }, ...labels.map((curve) => {
      const button = make("button", { type: "button", "aria-pressed": "true" }, key(curve), curve.label);
      button.addEventListener("click", () => {
        const on = off.has(curve.label);
        if (on) off.delete(curve.label); else off.add(curve.label);
        button.setAttribute("aria-pressed", String(on));
        redraw();
      });
      return make("li", {}, button);
    }));
    const panels = make("div", { className: "panels" });
    place.append(make("p", { className: "quiet" }, `Lines: ${given.ours}. × a run diverged. Hover over or touch a point to see every seed; drag to zoom, double-click to zoom out.`),
      controls, legend, panels);
    for (const panel of given.panels) {
      const plot = make("div", { className: "plot", role: "group", "aria-label": `${panel.title} ${panel.label} against ${given.x.label}; the numbers are in the table below` });
      panels.append(make("figure", {}, panel.title ? make("figcaption", {}, panel.title) : null, plot));
      plots.push(plot);
      draw(plot, () => panel.curves.filter((curve) => !off.has(curve.label)).flatMap((curve) => traces(curve, shown, given)),
        () => layout(axis(given.x.label, shown.logX, given.x.whole && !shown.logX), axis(panel.label, logOf(panel))));
    }
  }

  function mean(rows, i) {
    const known = rows.map((row) => row[i]).filter((y) => y !== null);
    return known.length ? known.reduce((a, b) => a + b, 0) / known.length : null;
  }

  /** An axis range for nearly equal numbers, for which plotly finds no ticks. */
  function wideEnough(values) {
    const known = values.filter((value) => value !== null);
    const low = Math.min(...known), high = Math.max(...known), middle = (low + high) / 2;
    const least = 1e-4 * Math.abs(middle);
    return high - low < least ? { range: [middle - least, middle + least] } : {};
  }

  /** Plot each hyperparameter of one setting over epochs. */
  function learned(given, place, held) {
    const { make } = window.Page;
    place.classList.add("small");
    place.replaceChildren(...given.moved.map((one, k) => {
      const plot = make("div", { className: "plot", role: "group", "aria-label": `${one.name} over epochs` });
      const rows = one.seeds.map(([, y]) => y);
      const curve = { label: one.name, x: one.x, middle: one.x.map((_, i) => mean(rows, i)), seeds: one.seeds.map(([seed]) => seed), by_seed: rows,
        low: [], high: [], diverged: [], report: [[], []], colour: k, marker: k, dash: "solid" };
      draw(plot, () => [...traces(curve, { seeds: true, band: false, report: false }, { x: { label: "epoch" } }), ...(one.marks ? one.marks() : [])],
        () => layout(axis("epoch", false, true), { ...axis(one.name.split(": ")[1], false), ...wideEnough(rows.flat()) }));
      return make("figure", {}, make("figcaption", {}, one.name), plot);
    }));
    const still = given.held.map(([name, value]) => `${name} ${value === undefined || value === null ? "–" : short(value)}`);
    held.textContent = [given.moved.length ? "" : "All are constant.", still.length ? `Constant: ${still.join("; ")}.` : ""].join(" ").trim();
  }

  function learnedPanel(D) {
    const { make } = window.Page;
    const select = document.getElementById("setting");
    if (!select) return;
    const place = document.getElementById("learned-plots"), held = document.getElementById("held");
    const rowOf = new Map();
    D.cells.forEach((cell) => cell.seeds.forEach(([, , , runs]) => runs.forEach((i) => {
      if (!rowOf.has(D.runs[i][2])) rowOf.set(D.runs[i][2], cell.row);
    })));
    D.settings.forEach((setting, i) => {
      if (D.learned[i].moved.length || D.learned[i].held.length) {
        const row = rowOf.get(i);
        select.append(make("option", { value: String(i) }, row === undefined ? setting.label : `${row}: ${setting.label}`));
      }
    });
    const show = () => learned(D.learned[Number(select.value)], place, held);
    select.addEventListener("change", show);
    document.addEventListener("setting", (event) => {
      select.value = String(event.detail);
      show();
      document.getElementById("learned").scrollIntoView();
      select.focus({ preventScroll: true });
    });
    const first = D.learned.findIndex((one) => one.moved.length);
    if (first >= 0) select.value = String(first);
    new IntersectionObserver((seen, observer) => {
      if (seen.some((one) => one.isIntersecting)) { observer.disconnect(); show(); }
    }, { rootMargin: "300px" }).observe(place.parentElement);
  }

  window.Charts = { draw, traces, layout, axis, learned, key, check, text, short, together, colour, variable };
  document.addEventListener("DOMContentLoaded", () => window.Page.data.then((D) => {
    const place = document.getElementById("figure");
    if (place && D.figure) figure(place, D.figure);
    learnedPanel(D);
  }, () => {}));
})();
