// The strip of years under the map: what happened, what the scenario dates, levers that were set, and where the run is.
import { h, clear, weekOf, isoOfWeek, longDate } from "./dom.js";

export class Timeline {
  constructor(page) {
    this.page = page;
    this.strip = h("div", { class: "strip", "data-testid": "timeline", tabindex: "0", role: "slider", "aria-label": "Date of the run", "aria-valuemin": "2000", "aria-valuemax": "2023" });
    this.tip = h("div", { class: "tip", hidden: true });
    this.fill = h("div", { class: "fill" }); this.head = h("div", { class: "head" }); this.ghost = h("div", { class: "ghost", hidden: true });
    this.marks = h("div", { class: "marks" });
    this.strip.append(this.fill, this.marks, this.ghost, this.head, this.tip);
    this.strip.addEventListener("click", (event) => { if (!event.target.dataset.date) this.page.jump(isoOfWeek(this.weekAt(event))); });
    this.strip.addEventListener("pointermove", (event) => this.hover(event));
    this.strip.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    this.strip.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -52, PageDown: -260, PageUp: 260 }[event.key];
      if (step) { event.preventDefault(); event.stopPropagation(); this.page.jump(isoOfWeek(Math.max(0, this.page.week + step))); }
    });
  }

  share(week) { return 100 * week / (this.page.static.last_week + 1); }

  weekAt(event) {
    const box = this.strip.getBoundingClientRect();
    return Math.max(0, Math.min(this.page.static.last_week, Math.round((event.clientX - box.left) / box.width * (this.page.static.last_week + 1))));
  }

  // all marks at the pointer, since many lie on one another
  hover(event) {
    const box = this.strip.getBoundingClientRect(), x = event.clientX - box.left;
    const near = event.target.closest("[data-date]") ? [...this.marks.querySelectorAll("[data-date]")].filter((one) => Math.abs(one.offsetLeft - x) <= 5) : [];
    const week = near.length ? weekOf(near[0].dataset.date) : this.weekAt(event), shown = near.slice(0, 4);
    this.tip.replaceChildren(...(near.length ? shown.flatMap((one) => [h("b", { text: one.dataset.name }), h("span", { text: `${longDate(one.dataset.date)}. ${one.dataset.what}` })])
      : [h("b", { text: longDate(isoOfWeek(week)) })]), ...(near.length > shown.length ? [h("span", { text: `and ${near.length - shown.length} more` })] : []));
    this.tip.hidden = false;
    const wide = this.strip.clientWidth, left = this.share(week) / 100 * wide;
    this.tip.style.left = `${Math.max(0, Math.min(left - this.tip.offsetWidth / 2, wide - this.tip.offsetWidth))}px`;
  }

  build() {
    clear(this.marks);
    for (let year = 2000; year <= 2023; year++) {
      const left = this.share(weekOf(`${year}-01-04`));
      this.marks.append(h("i", { class: year % 5 ? "tick" : "tick major", style: `left:${left}%` }));
      if (year % (this.strip.clientWidth < 560 ? 5 : 2) === 0) this.marks.append(h("span", { class: "year", style: `left:${left}%`, text: String(year) }));
    }
    const { state, static: all } = this.page;
    for (const one of all.history) this.mark(one, "history");
    for (const one of state.events) this.mark(one, one.name.startsWith("lever ") ? "lever" : "event");
    if (state.settings.other) this.mark({ date: state.settings.fork, name: "Worlds part", what: "The second scenario begins here." }, "fork");
    this.move();
  }

  mark({ date, name, what }, kind) {
    const week = weekOf(date);
    if (week < 0 || week > this.page.static.last_week) return;
    this.marks.append(h("button", { class: `mark ${kind}`, style: `left:${this.share(week)}%`, type: "button", tabindex: kind === "history" ? "-1" : "0", "data-date": date, "data-name": name, "data-what": what,
      "aria-label": `${name}, ${longDate(date)}`, onclick: (event) => { event.stopPropagation(); this.page.jump(date); } }));
  }

  move() {
    const at = this.share(this.page.week);
    this.head.style.left = `${at}%`; this.fill.style.width = `${at}%`;
    this.strip.setAttribute("aria-valuenow", isoOfWeek(this.page.week).slice(0, 4));
    this.strip.setAttribute("aria-valuetext", longDate(isoOfWeek(this.page.week)));
  }

  point(day) { this.ghost.hidden = !day; if (day) this.ghost.style.left = `${this.share(weekOf(day))}%`; }
}
