// The page of one tab: puts the pieces together, keeps what the server has said, and passes on what is asked of it.
import { Charts } from "./charts.js";
import { Controls } from "./controls.js";
import { clear, h, icon, isoOfWeek, longDate, number, plain, setEpoch, signed, weekOf } from "./dom.js";
import { picture, save } from "./export.js";
import { FlowMap } from "./map.js";
import { Results } from "./results.js";
import { Series } from "./series.js";
import { Timeline } from "./timeline.js";

const NUMBERS = [
  ["Sent towards Europe", "dispatched_to_europe_kg", 1e-3, "t a year"], ["Arrived in Europe", "arrived_europe_kg", 1e-3, "t a year"],
  ["Through West Africa", "west_africa_kg", 1e-3, "t a year"], ["Seized in the EU", "seized_eu_bulk_kg", 1e-3, "t bulk a year"],
  ["Mean price in Europe", "price_europe_eur_per_kg", 1 / 52, "EUR per pure kg"],
];
let made = 0;

class Page {
  constructor(model, root) {
    this.model = model; this.root = root; this.id = ++made; this.frames = []; this.series = []; this.maps = []; this.working = [];
    this.layers = { lanes: true, loads: true, patrols: true, seizures: true, areas: false, names: true, shade: "none" };
    this.view = { zoom: 1, x: 0, y: 0 }; this.counted = 0; this.week = 0; this.lastFrame = 0;
    this.plotly = model.get("plotly"); this.font = getComputedStyle(root).fontFamily;
    this.shell();
    this.theme(localStorage.getItem("highway10-theme") || (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark"));
    this.listener = (message, buffers) => this.hear(message, buffers);
    model.on("msg:custom", this.listener);
    this.keys = (event) => this.key(event); window.addEventListener("keydown", this.keys);
    this.root.addEventListener("pointerdown", (event) => this.closeMenus(event.target.closest("details")));
    this.ask("hello", { search: location.search });
  }

  ask(kind, rest = {}) { this.model.send({ kind, ...rest }); }

  close() { this.model.off("msg:custom", this.listener); window.removeEventListener("keydown", this.keys); }

  // --- the shell ---
  shell() {
    const button = (name, id, label, action) => h("button", { type: "button", class: "round", title: label, "aria-label": label, "data-testid": id, onclick: action }, icon(name));
    this.title = h("span", { class: "where", "data-testid": "titles" });
    this.tabs = h("div", { class: "segments", role: "group", "aria-label": "Pages" },
      h("button", { type: "button", "aria-pressed": "true", "data-testid": "tab-run", text: "Run", onclick: () => this.open("run") }),
      h("button", { type: "button", "aria-pressed": "false", "data-testid": "tab-results", text: "Results", onclick: () => this.open("results") }));
    this.menu = h("details", { class: "menu", "data-testid": "export" }, h("summary", { text: "Export" }), h("div", { class: "drop" },
      [["png", "View as picture (PNG)"], ["parquet", "Run as Parquet (ZIP)"], ["csv", "Run as CSV (ZIP)"], ["toml", "Scenario as TOML"], ["link", "Copy the address"]].map(([what, text]) =>
        h("button", { type: "button", "data-testid": `export-${what}`, text, onclick: () => this.export(what) }))));
    this.header = h("header", { class: "top" }, h("strong", { text: "Highway 10" }), this.title, h("span", { class: "spring" }), this.tabs, this.menu,
      button("sun", "theme", "Light or dark", () => this.theme(this.root.dataset.theme === "dark" ? "light" : "dark")));
    this.notes = h("div", { class: "notes", role: "alert", "data-testid": "notes" });
    this.busy = h("div", { class: "busy", role: "status", "data-testid": "busy" }, h("i"), h("span", { text: "Opening" }));
    this.date = h("time", { class: "date", "data-testid": "date" });
    this.numbers = h("dl", { class: "numbers", "data-testid": "numbers" });
    this.caution = h("p", { class: "caution", "data-testid": "caution" });
    this.warnings = h("ul", { class: "warnings", role: "status", "aria-label": "Warnings", hidden: true, "data-testid": "warnings" });
    this.stage = h("div", { class: "stage" });
    this.play = button("play", "play", "Play or pause (space)", () => this.toggle());
    this.transport = h("div", { class: "transport", role: "group", "aria-label": "Run" },
      button("reset", "reset", "Begin again (r)", () => this.ask("reset")), this.play, button("step", "step", "One frame (right arrow)", () => this.ask("step")),
      h("label", { class: "jump" }, h("span", { class: "hidden", text: "Jump to a date" }), this.jumper = h("input", { type: "date", min: "2000-01-03", max: "2023-12-31", title: "Jump to a date", "data-testid": "jump", onchange: () => this.jumper.value && this.jumper.validity.valid && this.jump(this.jumper.value) })));
    this.charts = new Charts(this); this.controls = new Controls(this); this.timeline = new Timeline(this); this.results = new Results(this);
    this.card = h("section", { class: "card inspector", hidden: true, "data-testid": "inspector" });
    this.run = h("main", { class: "run" }, this.controls.box,
      h("div", { class: "middle" }, h("div", { class: "heading" }, h("div", { class: "when" }, this.date, this.caution), this.numbers, this.warnings), this.stage, h("div", { class: "below" }, this.transport, this.timeline.strip)), this.charts.box);
    this.root.append(this.header, this.notes, this.run, this.results.box, this.busy);
  }

  theme(name) {
    this.root.dataset.theme = name; document.documentElement.style.colorScheme = name; localStorage.setItem("highway10-theme", name);
    document.body.style.background = getComputedStyle(this.root).getPropertyValue("--page");
    this.colours = new Map();
    for (const map of this.maps) map.redraw();
    if (this.static) this.charts.mark();
  }

  colour(name) {
    if (!this.colours.has(name)) this.colours.set(name, getComputedStyle(this.root).getPropertyValue(name).trim());
    return this.colours.get(name);
  }

  faded(name, share) {
    const hex = this.colour(name), part = (i) => parseInt(hex.slice(i, i + 2), 16);
    return `rgba(${part(1)},${part(3)},${part(5)},${share})`;
  }

  // land from its plain colour to full at a share of one
  ramp(share, kind) {
    const from = this.colour("--land"), to = this.colour(`--shade-${kind}`), t = Math.max(0, Math.min(1, share)) ** 0.8;
    const mix = (i) => Math.round(parseInt(from.slice(i, i + 2), 16) * (1 - t) + parseInt(to.slice(i, i + 2), 16) * t);
    return `rgb(${mix(1)},${mix(3)},${mix(5)})`;
  }

  // --- what the server says ---
  hear(message, buffers) {
    if (message.kind === "frame") this.frame(message);
    else if (message.kind === "state") this.told(message);
    else if (message.kind === "static") this.setUp(message.static);
    else if (message.kind === "busy") { this.busy.hidden = false; this.busy.lastChild.textContent = message.text; }
    else if (message.kind === "note") this.note(message.text);
    else if (message.kind === "inspected") this.inspected(message);
    else if (message.kind === "results") this.results.list(message);
    else if (message.kind === "runs") this.results.runs(message);
    else if (message.kind === "failed") this.results.failed(message);
    else if (message.kind === "file") save(message.name, new Blob([buffers[0]]));
  }

  setUp(all) {
    this.static = all; setEpoch(all.epoch);
    this.rowOfState = new Map(all.states.map((one, row) => [one.iso, row]));
  }

  frame({ n, worlds }) {
    const now = performance.now(), interval = this.lastFrame ? now - this.lastFrame : 120;
    this.lastFrame = now;
    const many = this.frames.length !== worlds.length;
    this.frames = worlds;
    if (many || !this.maps.length) { this.series = worlds.map(() => new Series(this.static.series, this.static.corridors)); this.needMaps = true; }
    let whole = true;
    worlds.forEach((frame, i) => { whole = this.series[i].add(frame) && whole; });
    this.week = worlds[0].next;
    this.working = worlds.map((frame) => new Set(frame.platforms.filter((_, i) => i % 3 === 0)));
    if (this.state && !this.needMaps) this.draw(interval);
    this.root.dataset.week = String(this.week); this.root.dataset.frames = String(n);
    requestAnimationFrame(() => this.ask("ack", { n }));
    if (document.hidden) this.ask("ack", { n });
    if (!whole) this.ask("jump", { date: isoOfWeek(this.week) });
  }

  draw(interval) {
    this.date.textContent = longDate(isoOfWeek(this.week)); this.date.setAttribute("datetime", isoOfWeek(this.week));
    this.drawNumbers(); this.timeline.move();
    for (const map of this.maps) map.show(this.frames[map.world], interval);
    if (document.activeElement !== this.jumper) this.jumper.value = isoOfWeek(this.week);
    // browsers allow a hundred changes of the address in half a minute
    if (this.state.playing && performance.now() - (this.written || 0) > 1000) this.writeAddress();
    this.charts.mark();
  }

  // the address of what is shown: the state that the server told, at the date that is drawn
  writeAddress() {
    this.written = performance.now();
    const rest = this.state.address.split("&").filter((part) => part && !part.startsWith("date="));
    const at = rest.findIndex((part) => part.startsWith("lever="));
    rest.splice(at < 0 ? rest.length : at, 0, `date=${isoOfWeek(this.week)}`);
    history.replaceState(null, "", `${location.pathname}?${rest.join("&")}`);
  }

  drawNumbers() {
    const rows = NUMBERS.map(([label, name, scale, unit]) => {
      const values = this.series.map((s) => (s.lastYear(name) ?? NaN) * scale);
      const texts = values.map((v) => number(v));
      const more = values.length > 1 ? h("em", { text: signed(values[1] - values[0]), title: "second less first" }) : null;
      const second = values.length > 1 ? h("b", { class: "second" }, texts[1], more) : null;
      return h("div", { "data-value": values.join(" ") }, h("dt", { text: label }), h("dd", {}, h("b", { text: texts[0] }), second), h("small", { text: unit }));
    });
    this.numbers.replaceChildren(...rows);
  }

  told(state) {
    const first = !this.state, before = this.state?.settings.view;
    this.state = state; this.busy.hidden = true;
    this.difference = state.settings.view === "difference";
    if (this.needMaps || before !== state.settings.view) this.setStage();
    if (first) this.controls.build(); else this.controls.show();
    this.root.dataset.playing = String(state.playing); this.root.dataset.ready = "true";
    this.play.replaceChildren(icon(state.playing ? "pause" : "play")); this.play.disabled = state.ended; this.play.setAttribute("aria-pressed", String(state.playing));
    this.title.textContent = state.titles.length > 1 ? `${state.titles[0]} | ${state.titles[1]}` : state.titles[0];
    this.caution.textContent = state.titles.length > 1 ? `Seed ${state.settings.seed}: one draw of each. Only many seeds tell a difference from luck.` : `Seed ${state.settings.seed}: one draw of many.`;
    clear(this.warnings).append(...state.warnings.map((text) => h("li", { text: `Warning: ${text}` })));
    this.warnings.hidden = !state.warnings.length;
    this.timeline.build();
    if (!state.playing) {
      this.lastFrame = 0; this.draw(120); this.writeAddress();
    }
  }

  setStage() {
    this.needMaps = false;
    const worlds = this.difference ? [0] : this.frames.map((_, i) => i);
    this.maps = worlds.map((world) => new FlowMap(this, world, this.view));
    clear(this.stage).append(h("div", { class: `maps maps-${worlds.length}` }, this.maps.map((map) => h("figure", {}, map.box,
      this.frames.length > 1 ? h("figcaption", { text: this.captionOf(map.world), title: this.captionOf(map.world) }) : null))), this.tools(), this.legend(), this.card);
    requestAnimationFrame(() => { for (const map of this.maps) { map.resize(); map.show({ ...this.frames[map.world], hits: [], whole: true }, 40); } });
  }

  captionOf(world) {
    if (this.difference) return "Second less first; patrols of the first";
    return `${world ? "Second" : "First"}: ${this.state.titles[world]}${world && this.state.moves.length ? ", with the levers" : ""}`;
  }

  tools() {
    const button = (name, id, label, action) => h("button", { type: "button", class: "round", title: label, "aria-label": label, "data-testid": id, onclick: action }, icon(name));
    const names = { lanes: "Lanes", loads: "Loads under way", patrols: "Ships and aircraft", seizures: "Seizures", areas: "Areas of platforms", names: "Names" };
    const shade = h("select", { "data-testid": "layer-shade", "aria-label": "Shade states by", onchange: () => { this.layers.shade = shade.value; for (const map of this.maps) map.redraw(); this.showKey(); } },
      [["none", "not at all"], ["sharing", "sharing"], ["ability", "ability"], ["corruption", "corruption"]].map(([value, text]) => h("option", { value, text, selected: this.layers.shade === value })));
    const box = h("details", { class: "layers", "data-testid": "layers" }, h("summary", { class: "round", title: "Layers", "aria-label": "Layers" }, icon("layers")),
      h("div", { class: "drop" }, Object.entries(names).map(([id, text]) => h("label", {}, h("input", { type: "checkbox", checked: this.layers[id], "data-testid": `layer-${id}`,
        onchange: (event) => { this.layers[id] = event.target.checked; for (const map of this.maps) map.redraw(); } }), text)), h("label", { class: "shade" }, "States by ", shade)));
    const all = (action) => () => { action(); this.viewed(); };
    return h("div", { class: "tools" }, button("plus", "zoom-in", "Closer", () => this.maps[0].zoom(1.4)), button("minus", "zoom-out", "Further", () => this.maps[0].zoom(1 / 1.4)),
      button("home", "zoom-home", "Whole map", all(() => Object.assign(this.view, { zoom: 1, x: 0, y: 0 }))), box);
  }

  legend() {
    const line = (name, dash) => h("svg", { width: 26, height: 10, viewBox: "0 0 26 10", "aria-hidden": "true" }, h("line", { x1: 2, x2: 24, y1: 5, y2: 5, stroke: `var(${name})`, "stroke-width": 3, "stroke-linecap": "round", "stroke-dasharray": dash || null }));
    const dot = (name, r = 4) => h("svg", { width: 26, height: 10, viewBox: "0 0 26 10", "aria-hidden": "true" }, h("circle", { cx: 13, cy: 5, r, fill: `var(${name})` }));
    const ship = h("svg", { width: 26, height: 10, viewBox: "0 0 26 10", "aria-hidden": "true" }, h("path", { d: "M13 1 17 9H9z", fill: "var(--patrol)" }));
    const ring = h("svg", { width: 26, height: 10, viewBox: "0 0 26 10", "aria-hidden": "true" }, h("circle", { cx: 13, cy: 5, r: 4, fill: "none", stroke: "var(--seized)", "stroke-width": 1.6 }));
    const item = (drawing, text) => h("li", {}, drawing, text);
    const items = this.difference ? [item(line("--more"), "More in the second"), item(line("--less"), "Less in the second")]
      : [item(line("--container"), "Container"), item(line("--sea-lane"), "Boats and ships"), item(line("--air", "1 5"), "By air"), item(line("--overland"), "Overland"), item(line("--north"), "To North America"), item(dot("--load", 3), "Load under way"), item(ring, "Seizure"), item(ship, "Patrol, synthetic")];
    this.key_ = h("li", { class: "key", hidden: true });
    const more = this.difference ? [item(line("--north"), "Less than half a tonne apart")] : [];
    items.push(...more, h("li", { class: "said", text: this.difference ? "Width: tonnes apart, last 52 weeks" : "Width: tonnes in the last 52 weeks" }), h("li", { class: "said", text: "Patrols: red on a case, faint in port" }), h("li", { class: "said", text: "Squares: markets" }));
    const box = h("details", { class: "legend", "aria-label": "Key", open: this.stage.clientWidth > 760 * this.maps.length }, h("summary", { text: "Key" }), h("ul", {}, items, this.key_));
    box.addEventListener("toggle", () => this.viewed());
    this.showKey();
    return box;
  }

  showKey() {
    const kind = this.layers.shade;
    this.key_.hidden = kind === "none";
    this.key_.replaceChildren(h("i", { style: `background:linear-gradient(90deg,var(--land),var(--shade-${kind}))` }), `${kind}, 0 to 100%`);
  }

  viewed() { for (const map of this.maps) map.redraw(); }

  pointAt(day, from) { this.charts.mark_day(day, from); this.timeline.point(day); }

  // --- what is asked ---
  toggle() { this.ask(this.state?.playing ? "pause" : "play"); }
  jump(date) { this.ask("jump", { date }); }
  inspect(kind, row, world) { this.ask("inspect", { what: kind, row, world }); }

  key(event) {
    if (event.key === "Escape") { this.closeMenus(); return; }
    if (event.key === " " && event.target.closest?.("button, summary, a")) return; // space presses what has the focus
    if (event.target.closest?.("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey || this.run.hidden || !this.state) return;
    const action = { " ": () => this.toggle(), ArrowRight: () => this.ask("step"), r: () => this.ask("reset") }[event.key];
    if (!action || event.repeat && event.key !== "ArrowRight") return;
    event.preventDefault(); action();
  }

  closeMenus(but = null) {
    for (const menu of this.root.querySelectorAll("details.menu, details.layers")) if (menu !== but) menu.open = false;
  }

  open(which) {
    const run = which === "run";
    this.run.hidden = !run; this.results.box.hidden = run;
    [...this.tabs.children].forEach((tab, i) => tab.setAttribute("aria-pressed", String((i === 0) === run)));
    if (run) this.viewed(); else { if (this.state?.playing) this.ask("pause"); this.results.open(); }
  }

  async export(what) {
    this.menu.open = false;
    if (what === "png") save(`highway10-${isoOfWeek(this.week)}.png`, await picture(this));
    else if (what === "link") { this.writeAddress(); await navigator.clipboard?.writeText(location.href).catch(() => {}); this.note("The address of this view is copied.", "good"); }
    else this.ask("file", { what });
  }

  note(text, kind = "bad") {
    const box = h("div", { class: `note ${kind}` }, h("span", { text }), h("button", { type: "button", class: "round", "aria-label": "Close", onclick: () => box.remove() }, icon("close")));
    this.busy.hidden = true; this.notes.append(box);
    while (this.notes.children.length > 12) this.notes.firstChild.remove();
    if (kind === "good") setTimeout(() => box.remove(), 2500);
  }

  inspected({ title, sub, facts, history, world }) {
    if (this.frames.length > 1) sub = `${sub}; ${world ? "second" : "first"} world`;
    const spark = ({ name, unit, years, values }) => {
      const most = Math.max(...values), top = most || 1, last = years.length - 1, said = (v) => `${unit === "cases" ? Math.round(v).toLocaleString("en-GB") : plain(v)} ${unit}`;
      const points = values.map((v, i) => `${(2 + 156 * (last ? i / last : 0)).toFixed(1)},${(34 - 30 * v / top).toFixed(1)}`).join(" ");
      const done = this.week >= weekOf(`${years[last] + 1}-01-04`);
      return h("div", { class: "spark" }, h("span", { text: name }), h("svg", { viewBox: "0 0 160 36", preserveAspectRatio: "none", role: "img", "aria-label": `${name}, ${years[0]} to ${years[last]}` }, h("polyline", { points })),
        h("b", { text: said(values[last]) }), h("small", { text: `${years[last]}${done ? "" : " so far"}${most > 0 ? `; most ${said(most)} in ${years[values.indexOf(most)]}` : ""}` }));
    };
    this.card.hidden = false;
    this.card.replaceChildren(h("header", {}, h("div", {}, h("h3", { text: title }), h("span", { text: sub })), h("button", { type: "button", class: "round", "aria-label": "Close", "data-testid": "inspector-close", onclick: () => { this.card.hidden = true; this.ask("inspect"); } }, icon("close"))),
      h("dl", {}, facts.map(([name, value]) => h("div", {}, h("dt", { text: name }), h("dd", { text: value })))), ...history.filter((one) => one.years.length).map(spark));
  }
}

export function render({ model, el }) {
  const sheet = h("link", { rel: "stylesheet", href: new URL("static/assets/highway10/style.css", document.baseURI).href });
  const root = h("div", { class: "h10", "data-testid": "page" });
  el.append(sheet, root);
  let page = null;
  const begin = () => { page ??= new Page(model, root); window.highway10 = page; };
  sheet.addEventListener("load", begin); sheet.addEventListener("error", begin);
  return () => page?.close();
}
