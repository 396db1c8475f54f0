// Charts of the run by Plotly, one redrawn at a time so that the map keeps its pace.
import { h, isoOfWeek, longDate, number, weekOf } from "./dom.js";

let loading = null;
export function loadPlotly(address) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  loading ??= new Promise((done, failed) => {
    const script = h("script", { src: new URL(address, document.baseURI).href });
    // the page may hold a module loader, which Plotly's bundle would hand itself to instead of to the window
    const define = window.define; window.define = undefined;
    script.onload = () => { window.define = define; done(window.Plotly); };
    script.onerror = () => { window.define = define; failed(new Error("Plotly's script did not come")); };
    document.head.append(script);
  });
  return loading;
}

const EVERY = 4; // weeks between drawn points
const REDRAW_MS = 120;

function markOf(trace) {
  if (trace.mode === "markers") return /open/.test(trace.marker.symbol || "") ? "point" : "dot";
  if (trace.type === "bar" || trace.stackgroup || trace.fill) return "area";
  return trace.line?.dash === "dot" ? "dotted" : "";
}

export class Charts {
  constructor(page) {
    this.page = page; this.dirty = new Set(); this.busy = false; this.hovering = false;
    this.kinds = [
      { id: "flows", title: "Sent, arrived, seized", unit: "t a year", draw: () => this.flows() },
      { id: "price", title: "Wholesale price in Europe", unit: "EUR per pure kg", draw: () => this.price() },
      { id: "corridors", title: "Ways into Europe", unit: "% of what sets out", draw: () => this.corridors() },
      { id: "funnel", title: "From a load at sea to a boarding", unit: "last year, % of loads exposed", draw: () => this.funnel() },
      { id: "sharing", title: "Sharing and trust by platform", unit: "% of leads; trust 0 to 100", draw: () => this.sharing() },
      { id: "money", title: "Money", unit: "EUR billion a year", draw: () => this.money() },
    ];
    this.box = h("div", { class: "charts", "data-testid": "charts" });
    for (const kind of this.kinds) {
      kind.plot = h("div", { class: "plot", "data-testid": `chart-${kind.id}` });
      kind.key = h("ul", { class: "chart-key" });
      this.box.append(h("section", { class: "card chart" },
        h("header", {}, h("h3", { text: kind.title }), kind.head = h("span", { text: kind.unit })), kind.key, kind.plot));
    }
    new ResizeObserver(() => this.mark()).observe(this.box);
  }

  mark() { for (const kind of this.kinds) this.dirty.add(kind); this.work(); }

  async work() {
    if (this.busy || !this.page.static) return;
    this.busy = true;
    const Plotly = await loadPlotly(this.page.plotly);
    while (this.dirty.size) {
      const kind = this.kinds.find((one) => this.dirty.has(one) && !(this.hovering && this.page.state?.playing && one === this.hovering)) || null;
      if (!kind) break;
      this.dirty.delete(kind);
      // the next one in turn goes first, so that all get their share of time
      this.kinds.push(this.kinds.splice(this.kinds.indexOf(kind), 1)[0]);
      if (kind.plot.clientWidth) {
        const { data, layout } = kind.draw();
        await Plotly.react(kind.plot, data, { ...this.layout(), ...layout, xaxis: { ...this.layout().xaxis, ...layout.xaxis },
          yaxis: { ...this.layout().yaxis, ...layout.yaxis } }, { displayModeBar: false, responsive: true, doubleClick: false });
        this.link(kind); this.drawKey(kind, data);
        if (!kind.head.classList.contains("read")) kind.head.textContent = this.unitOf(kind);
        kind.plot.dataset.drawn = String(this.page.frames[0]?.next ?? "");
      }
      await new Promise((done) => setTimeout(done, this.page.state?.playing ? REDRAW_MS : 0));
    }
    this.busy = false;
  }

  // the key as text above the plot: Plotly's own takes a third of a small chart
  drawKey(kind, data) {
    const shown = data.filter((one) => one.name && one.showlegend !== false && !(one.type === "bar" && data.length === 1));
    const names = shown.map((one) => one.name).join("|") + this.page.root.dataset.theme;
    if (kind.named === names) return;
    kind.named = names;
    kind.key.replaceChildren(...shown.map((one) => h("li", {}, h("i", { class: markOf(one), style: `--c:${one.fillcolor || one.line?.color || one.marker?.color}` }), one.name, h("b"))));
    kind.key.querySelectorAll("li").forEach((item, i) => { item.dataset.name = shown[i].name; });
  }

  layout() {
    const c = (name) => this.page.colour(name);
    // numbers at the pointer stand in the key above: a box would cover so small a plot
    const axis = { gridcolor: c("--line"), zeroline: false, linecolor: c("--line"), tickfont: { size: 11, color: c("--muted") }, automargin: true, fixedrange: true };
    return {
      font: { family: this.page.font, size: 11, color: c("--ink") }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 4, r: 8, t: 4, b: 4 }, hovermode: "x", showlegend: false,
      hoverlabel: { bgcolor: c("--tip"), bordercolor: c("--line"), font: { family: this.page.font, size: 11, color: c("--tip-ink") } },
      xaxis: { ...axis, showgrid: false, type: "date", range: this.range(), nticks: 6, showspikes: true, spikemode: "across", spikesnap: "cursor", spikethickness: -1, spikedash: "dot", spikecolor: c("--muted") }, yaxis: { ...axis, rangemode: "tozero", nticks: 5 },
      separators: ".,", uirevision: "same",
    };
  }

  range() {
    const year = this.page.state?.settings.year ?? 2004;
    return [`${Math.max(year - 1, 2000)}-01-01`, "2024-01-01"];
  }

  // a yearly sum of weekly values, or the values themselves, every few weeks
  line(world, name, { scale = 1, yearly = true } = {}) {
    const series = this.page.series[world], x = [], y = [];
    for (let i = series.length - 1; i >= 0; i -= EVERY) {
      const value = yearly ? series.year(name, i) : series.of(name)[i];
      if (value === null) break;
      x.push(isoOfWeek(series.first + i)); y.push(value * scale);
    }
    return { x: x.reverse(), y: y.reverse() };
  }

  worlds() { return this.page.frames.map((_, i) => i); }

  lines(specs) {
    const data = [];
    for (const world of this.worlds()) for (const { name, label, colour, scale, yearly } of specs) {
      const second = world === 1;
      data.push({ ...this.line(world, name, { scale, yearly }), name: second ? `${label}, second` : label, mode: "lines", legendgroup: label, showlegend: !second,
        line: { color: this.page.colour(colour), width: second ? 1.6 : 2, dash: second ? "dot" : "solid" }, hoverinfo: "none" });
    }
    // dotted lines are of the second world: one entry of the key says so for all
    if (this.worlds().length > 1) data.push({ x: [null], y: [null], name: "dotted: the second world", mode: "lines", line: { color: this.page.colour("--muted"), width: 1.6, dash: "dot" }, hoverinfo: "skip" });
    return data;
  }

  points(key, label, colour) {
    const rows = (this.page.static.points[key] || []);
    return { x: rows.map(([year]) => `${year}-07-01`), y: rows.map(([, value]) => value), name: label, mode: "markers",
      marker: { color: this.page.colour(colour), size: 6, symbol: "diamond-open", line: { width: 1.4 } }, hoverinfo: "none" };
  }

  // what 90% of the fitted sets say of history as it happened: a run is one draw and may leave it
  band(name, colour, scale, label = null) {
    const rows = this.page.static.bands[name] || [], x = rows.map(([year]) => `${year}-07-01`);
    const edge = (i) => ({ x, y: rows.map((row) => row[i] * scale), mode: "lines", line: { width: 0 }, hoverinfo: "skip", showlegend: false });
    return rows.length ? [edge(1), { ...edge(2), fill: "tonexty", fillcolor: this.page.faded(colour, 0.13), ...(label ? { name: label, showlegend: true } : {}) }] : [];
  }

  flows() {
    return { data: [...this.band("seized_eu_bulk_kg", "--seized", 1e-3, "Seized: 90% of fitted sets, history"), ...this.lines([
      { name: "dispatched_to_europe_kg", label: "Sent to Europe", colour: "--container", scale: 1e-3 },
      { name: "arrived_europe_kg", label: "Arrived", colour: "--ink", scale: 1e-3 },
      { name: "seized_eu_bulk_kg", label: "Seized in the EU (bulk)", colour: "--seized", scale: 1e-3 },
      { name: "in_transit_kg", label: "In transit (stock, t)", colour: "--faint", scale: 1e-3, yearly: false },
    ]), this.points("seized_eu", "Seized, published", "--seized"), this.points("flow_europe", "Sent, published", "--container")], layout: {} };
  }

  price() {
    return { data: [...this.band("price_europe_eur_per_kg", "--europe", 1, "Europe: 90% of fitted sets, history"), ...this.lines([
      { name: "price_europe_eur_per_kg", label: "Europe", colour: "--europe", yearly: false },
      { name: "price_source_eur_per_kg", label: "Andes", colour: "--origin", yearly: false },
    ]), this.points("price", "Published", "--europe")], layout: { yaxis: { tickformat: "~s" } } };
  }

  corridors() {
    const names = this.page.static.corridors, colours = ["--container", "--sea-lane", "--africa", "--maghreb", "--air", "--rest"], data = [];
    const world = this.worlds().length - 1, rows = [...this.page.series[world].corridors.entries()].filter(([year, kg]) => kg.some((v) => v > 0) && this.page.week - weekOf(`${year}-01-04`) > 12).sort((a, b) => a[0] - b[0]);
    names.forEach((name, i) => data.push({ x: rows.map(([year]) => `${year}-07-01`), name, type: "scatter", mode: "lines", stackgroup: "one",
      y: rows.map(([, kg]) => { const all = kg.reduce((a, b) => a + b, 0); return all ? 100 * kg[i] / all : null; }),
      line: { width: 0.5, color: this.page.colour(colours[i]) }, fillcolor: this.page.faded(colours[i], 0.78), hoverinfo: "none" }));
    return { data, layout: { yaxis: { range: [0, 100], ticksuffix: "%" } } };
  }

  funnel() {
    const steps = [["exposures", "Exposed"], ["known", "Known"], ["cued", "Cued"], ["acted", "Acted on"], ["boarded", "Boarded"], ["won", "Won"]];
    const data = this.worlds().map((world) => {
      const s = this.page.series[world], all = s.lastYear("exposures");
      const values = steps.map(([name]) => all ? 100 * s.lastYear(name) / all : null);
      return { type: "bar", orientation: "h", y: steps.map(([, label]) => label), x: values, name: world ? "Second" : "First", marker: { color: this.page.colour(world ? "--second" : "--europe") },
        text: values.map((v) => v === null ? "" : `${number(v, 2)}%`), textposition: "outside", cliponaxis: false, hovertemplate: "%{y}: %{x:.2f}%<extra></extra>" };
    });
    return { data, layout: { hovermode: "closest", bargap: 0.35, xaxis: { type: "linear", range: [0, 118], showticklabels: false, showgrid: false },
      yaxis: { autorange: "reversed", showgrid: false, rangemode: "normal", type: "category", tickmode: "linear", dtick: 1 } } };
  }

  sharing() {
    const world = this.worlds().length - 1, flat = this.page.frames[world]?.platforms || [], rows = [];
    for (let i = 0; i < flat.length; i += 3) rows.push([this.page.static.platforms[flat[i]].short, flat[i + 1], flat[i + 2]]);
    rows.sort((a, b) => a[1] - b[1]);
    const bar = (column, name, colour, symbol) => ({ type: "scatter", mode: "markers", y: rows.map((r) => r[0]), x: rows.map((r) => r[column]), name, hovertemplate: `%{y}: ${name.toLowerCase()} %{x}<extra></extra>`,
      marker: { color: this.page.colour(colour), size: 9, symbol } });
    return { data: [bar(1, "Sharing", "--europe", "circle"), bar(2, "Trust", "--africa", "diamond-open")],
      layout: { hovermode: "closest", xaxis: { type: "linear", range: [-3, 104], showgrid: true, ticksuffix: "%", nticks: 5 }, yaxis: { type: "category", rangemode: "normal", showgrid: true, tickmode: "linear", dtick: 1 } } };
  }

  money() {
    return { data: this.lines([
      { name: "revenue_eur", label: "Revenue", colour: "--europe", scale: 1e-6 },
      { name: "bribes_eur", label: "Bribes, port contacts", colour: "--overland", scale: 1e-6 },
      { name: "confiscated_eur", label: "Confiscated", colour: "--seized", scale: 1e-6 },
      { name: "capital_eur", label: "Capital (stock, billion)", colour: "--faint", scale: 1e-6, yearly: false },
    ]), layout: {} };
  }

  // one pointer for all charts over time
  link(kind) {
    if (kind.linked) return;
    kind.linked = true;
    kind.plot.on("plotly_hover", (event) => {
      const x = event.points?.[0]?.x; this.hovering = kind;
      if (typeof x === "string" && /^\d{4}-/.test(x)) { this.page.pointAt(x.slice(0, 10), kind); this.read(kind, event.points); }
    });
    kind.plot.on("plotly_unhover", () => { this.hovering = false; this.page.pointAt(null, kind); this.read(kind, []); });
  }

  // the numbers at the pointer, in the key and the head of the chart
  read(kind, points) {
    const values = new Map();
    for (const point of points) {
      const name = point.data.name, second = name?.endsWith(", second"), key = second ? name.slice(0, -8) : name;
      if (point.y !== null) values.set(key, [...(values.get(key) || []), `${number(point.y)}${/published/i.test(key) ? ` (${String(point.x).slice(0, 4)})` : ""}`]);
    }
    for (const item of kind.key.children) item.querySelector("b").textContent = (values.get(item.dataset.name) || []).join(" | ");
    const line = points.find((point) => !/published/i.test(point.data.name || ""));
    kind.head.textContent = line ? this.dayOf(kind, String(line.x)) : this.unitOf(kind);
    kind.head.classList.toggle("read", Boolean(line));
  }

  dayOf(kind, text) { return kind.id === "corridors" ? text.slice(0, 4) : longDate(text.slice(0, 10)); }

  unitOf(kind) { return this.worlds().length > 1 && ["corridors", "sharing"].includes(kind.id) ? `second world; ${kind.unit}` : kind.unit; }

  // a line at a day in every chart over time but the one that is pointed at
  mark_day(day, from) {
    for (const kind of this.kinds) {
      if (!kind.linked || kind === from || ["funnel", "sharing"].includes(kind.id)) continue;
      const shape = day ? [{ type: "line", x0: day, x1: day, yref: "paper", y0: 0, y1: 1, line: { color: this.page.colour("--muted"), width: 1, dash: "dot" } }] : [];
      window.Plotly.relayout(kind.plot, { shapes: shape });
    }
  }
}
