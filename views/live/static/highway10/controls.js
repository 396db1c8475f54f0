// The panel on the left: which scenario, one world or two, the run, and the levers of policy.
import { h, clear, number } from "./dom.js";

export class Controls {
  constructor(page) {
    this.page = page; this.inputs = new Map(); this.levers = new Map();
    this.box = h("aside", { class: "panel", "data-testid": "controls", "aria-label": "Controls" });
  }

  build() {
    const { scenarios, levers, limits } = this.page.static;
    const names = scenarios.map(([name, title]) => [name, title]);
    clear(this.box).append(
      this.section("Scenario", true,
        this.select("scenario", "History or policy", names), this.select("other", "Compared with", [["", "Nothing: one world"], ...names]),
        this.date("fork", "They part on"), this.views()),
      this.section("Run", true,
        h("div", { class: "pair" }, this.whole("seed", "Seed", limits.seed), this.whole("organisations", "Trafficking groups", limits.organisations)),
        h("div", { class: "pair" }, this.whole("year", "Start year", limits.year), this.whole("weeks", "Weeks a frame", limits.weeks)),
        this.range("speed", "Frames a second", limits.speed)),
      h("div", { class: "steer" }, h("h2", { text: "Levers" }),
        h("button", { class: "text", type: "button", "data-testid": "clear-levers", text: "Clear all", onclick: () => this.page.ask("clear") })),
      h("p", { class: "hint", "data-testid": "lever-hint" }),
      ...levers.map((group, i) => this.section(group.title, i < 1, ...group.levers.map((one) => this.lever(one, group.switch)))),
    );
    this.show();
  }

  section(title, open, ...children) {
    return h("details", { class: "group", open }, h("summary", { text: title }), ...children);
  }

  field(id, label, input) {
    input.id = `h10-${id}-${this.page.id}`; input.dataset.testid = `set-${id}`; this.inputs.set(id, input);
    return h("label", { class: "field", for: input.id }, h("span", { text: label }), input);
  }

  set(name, value) { this.asked = true; this.page.ask("set", { name, value }); }

  select(id, label, options) {
    const input = h("select", { onchange: () => this.set(id, input.value) }, options.map(([value, text]) => h("option", { value, text })));
    return this.field(id, label, input);
  }

  date(id, label) {
    const input = h("input", { type: "date", min: "2000-01-03", max: "2023-12-31", onchange: () => input.value && input.validity.valid && this.set(id, input.value) });
    return this.field(id, label, input);
  }

  whole(id, label, [low, high]) {
    const input = h("input", { type: "number", min: low, max: high, step: 1, onchange: () => this.set(id, input.value) });
    return this.field(id, label, input);
  }

  range(id, label, [low, high]) {
    const input = h("input", { type: "range", min: low, max: high, step: 1, oninput: () => { input.nextSibling.textContent = input.value; }, onchange: () => this.set(id, Number(input.value)) });
    const field = this.field(id, label, input); input.after(h("output"));
    return field;
  }

  views() {
    const button = (view, text) => h("button", { type: "button", "data-view": view, "data-testid": `view-${view}`, text, onclick: () => this.set("view", view) });
    this.viewBox = h("div", { class: "segments", role: "group", "aria-label": "How two worlds are shown" }, button("side", "Side by side"), button("difference", "Difference"));
    return this.viewBox;
  }

  lever(one, withSwitch) {
    const key = `${one.target}.${one.field}`, id = key.replace(/[^a-z0-9]+/gi, "-");
    const short = withSwitch ? this.page.static.platforms.find((p) => p.id === one.name) : null;
    const input = h("input", { type: "range", min: one.low, max: one.high, step: one.step, value: one.start, "data-testid": `lever-${id}`, "aria-label": `${one.name}: ${one.help}` });
    const shown = h("output", { text: number(one.start, 2) });
    input.addEventListener("input", () => { this.sliding = true; shown.textContent = number(Number(input.value), 2); });
    input.addEventListener("change", () => { this.sliding = false; this.page.ask("lever", { target: one.target, field: one.field, value: Number(input.value) }); });
    const box = h("div", { class: "lever", title: one.help }, this.nameOf(one, short), input, shown);
    if (withSwitch) {
      const on = h("input", { type: "checkbox", role: "switch", "data-testid": `switch-${one.name}`, "aria-label": `${short.name} works` });
      on.addEventListener("change", () => this.page.ask("lever", { target: one.target, field: "active", value: on.checked ? 1 : 0 }));
      box.classList.add("switched"); box.prepend(on); box.title = `${short.name}. ${one.help}`;
      this.levers.set(`${one.target}.active`, { input: on, box, start: null, platform: one.name, help: box.title });
    }
    this.levers.set(key, { input, shown, box, start: one.start });
    return box;
  }

  // a platform's name opens its numbers, as a click on a place of the map does
  nameOf(one, short) {
    if (!short) return h("span", { class: "name", text: one.name });
    const row = this.page.static.platforms.indexOf(short);
    return h("button", { type: "button", class: "name", title: short.name, "data-testid": `about-${one.name}`, text: short.short, onclick: () => this.page.inspect("platform", row, this.page.frames.length - 1) });
  }

  // bring everything in line with the state that the server tells
  show() {
    const { state } = this.page;
    if (!state) return;
    for (const [id, input] of this.inputs) {
      if (document.activeElement === input && input.type === "number" && !this.asked) continue; // somebody is typing
      input.value = state.settings[id];
      if (input.type === "range") input.nextSibling.textContent = input.value;
    }
    const two = Boolean(state.settings.other);
    this.inputs.get("fork").closest(".field").hidden = !two; this.viewBox.hidden = !two;
    for (const button of this.viewBox.children) button.setAttribute("aria-pressed", String(button.dataset.view === state.settings.view));
    this.box.querySelector(".hint").textContent = two ? "Levers act on the second world, from the week that comes next." : "Levers act from the week that comes next.";
    this.asked = false;
    const moved = new Set(state.moves.map((m) => `${m.target}.${m.field}`));
    for (const [key, lever] of this.levers) {
      const value = state.levers[key], there = value !== null && value !== undefined;
      lever.box.classList.toggle("moved", moved.has(key) || moved.has(key.replace(".active", ".sharing")) || moved.has(key.replace(".sharing", ".active")));
      lever.input.disabled = !there;
      if (lever.platform) lever.box.title = there ? lever.help : `${lever.help} It has no members yet, so there is nothing to set.`;
      if (lever.input.type === "checkbox") { lever.input.checked = value > 0; continue; }
      if (document.activeElement === lever.input && this.sliding) continue;
      lever.input.value = there ? value : lever.start; lever.shown.textContent = there ? number(value, 2) : "–";
    }
    this.box.querySelector("[data-testid=clear-levers]").disabled = !state.moves.length;
  }
}
