// What studies have written: their reports, their runs to filter, and two of them to be seen again.
import { h, clear, number } from "./dom.js";

export class Results {
  constructor(page) {
    this.page = page; this.chosen = [];
    this.box = h("main", { class: "results", "data-testid": "results", hidden: true });
  }

  open() { this.page.ask("results"); }

  // what was asked for cannot be had: its place says so
  failed({ asked, text }) {
    const place = { runs: this.body, results: this.main || this.box }[asked];
    if (place) clear(place).append(h("p", { class: "hint", role: "alert", "data-testid": "results-failed", text }));
  }

  list({ studies, note }) {
    clear(this.box);
    const side = h("nav", { class: "studies", "aria-label": "Studies" }, h("h2", { text: "Studies" }),
      note ? h("p", { class: "hint", "data-testid": "results-note", text: note }) : null,
      studies.map((one) => h("button", { type: "button", class: "study", "data-testid": `study-${one.id}`, onclick: () => this.show(one) },
        h("b", { text: one.title }), h("span", { text: [one.kind, one.created].filter(Boolean).join(", ") }), h("span", { text: one.id }))));
    this.main = h("section", { class: "report" }, h("p", { class: "hint", text: studies.length ? "Choose a study." : "" }));
    this.box.append(side, this.main);
    if (studies.length) this.show(studies.find((s) => s.report) || studies[0]);
  }

  show(study) {
    for (const button of this.box.querySelectorAll(".study")) button.setAttribute("aria-pressed", String(button.dataset.testid === `study-${study.id}`));
    clear(this.main); this.chosen = []; this.study = study.id;
    const tabs = h("div", { class: "segments" }), body = h("div", { class: "body" });
    const open = (name) => {
      for (const tab of tabs.children) tab.setAttribute("aria-pressed", String(tab.textContent === name));
      clear(body);
      if (name === "Report") body.append(h("iframe", { src: new URL(`results/${study.id.split("/").map(encodeURIComponent).join("/")}/${study.report}`, document.baseURI).href, title: study.title, "data-testid": "report" }));
      else { body.append(h("p", { class: "hint", text: "Reading the runs" })); this.page.ask("runs", { study: study.id }); }
    };
    if (study.report) tabs.append(h("button", { type: "button", text: "Report", onclick: () => open("Report") }));
    if (study.runs) tabs.append(h("button", { type: "button", text: "Runs", "data-testid": "tab-runs", onclick: () => open("Runs") }));
    this.body = body;
    this.main.append(h("header", {}, h("h2", { text: study.title }), tabs), body);
    if (study.report) open("Report"); else if (study.runs) open("Runs");
    else body.append(h("p", { class: "hint", text: "This study has no report and keeps no single runs." }));
  }

  runs({ columns, rows, count }) {
    const search = h("input", { type: "search", placeholder: "Filter: words, or as seed=3 dose>0.5", "data-testid": "filter-runs", "aria-label": "Filter runs" });
    const table = h("tbody"), note = h("span", { class: "hint" });
    const replay = h("button", { type: "button", class: "main", disabled: true, "data-testid": "replay", text: "Choose one or two runs", onclick: () => this.replay(columns) });
    this.replayButton = replay; this.chosen = [];
    const draw = () => {
      clear(table);
      const kept = rows.filter((row) => passes(search.value, columns, row));
      note.textContent = `${kept.length} of ${count.toLocaleString("en-GB")} runs`;
      for (const row of kept.slice(0, 200)) table.append(this.row(row));
    };
    search.addEventListener("input", draw);
    clear(this.body).append(h("div", { class: "tools" }, search, note, replay),
      h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, h("th"), columns.map((name) => h("th", { text: heading(name) })))), table)));
    draw();
  }

  row(row) {
    const box = h("input", { type: "checkbox", "aria-label": `Choose ${row[0]} with seed ${row[1]}` });
    box.checked = this.chosen.includes(row);
    box.addEventListener("change", () => {
      this.chosen = box.checked ? [...this.chosen, row].slice(-2) : this.chosen.filter((one) => one !== row);
      this.replayButton.disabled = !this.chosen.length;
      this.replayButton.textContent = ["Choose one or two runs", "See this run again", "See both side by side"][this.chosen.length];
      for (const other of this.body.querySelectorAll("tbody input")) other.checked = this.chosen.includes(other.row);
    });
    box.row = row;
    return h("tr", {}, h("td", {}, box), row.map((value) => h("td", { text: typeof value !== "number" ? String(value ?? "") : Number.isInteger(value) ? value.toLocaleString("en-GB") : number(value, 4) })));
  }

  replay(columns) {
    const [first, second] = this.chosen.map((row) => ({ scenario: row[columns.indexOf("scenario")], seed: row[columns.indexOf("seed")] }));
    // what a study sets beside scenario and seed is not carried over, and the page says so
    const factors = columns.filter((name, i) => !["scenario", "seed", "arm", "part"].includes(name) && !/_kg$|^price_/.test(name) && this.chosen.some((row) => row[i]));
    this.page.ask("replay", { first, second, factors, study: this.study }); this.page.open("run");
  }
}

// outcomes are means a year over the window of the study
function heading(name) {
  const words = { arrived_europe_kg: "arrived in Europe, kg a year", seized_kg: "seized, kg a year", west_africa_kg: "through West Africa, kg a year", price_europe: "price in Europe, EUR per kg", supply_answer: "supply answers price by" };
  return words[name] || name.replaceAll("_", " ");
}

// every word must be found in the row; name=value, name>value and name<value are read as conditions
function passes(text, columns, row) {
  return text.trim().split(/\s+/).filter(Boolean).every((word) => {
    const found = word.match(/^([\w-]+)([=<>])(.+)$/);
    if (!found) return row.join(" ").toLowerCase().includes(word.toLowerCase());
    const value = row[columns.findIndex((name) => name.includes(found[1]))];
    if (found[2] === "=") return String(value) === found[3] || Number(value) === Number(found[3]);
    return found[2] === ">" ? Number(value) > Number(found[3]) : Number(value) < Number(found[3]);
  });
}
