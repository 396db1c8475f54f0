// The live map of one world: three canvases above one another (coasts, lanes, what moves), drawn from the last frame.
import { h, plain, reduced } from "./dom.js";

const KINDS = { container: "--container", sea: "--sea-lane", air: "--air", overland: "--overland", north: "--north" };
const GROUPS = { "Andean origins": "--origin", "Americas and Caribbean": "--americas", "Open Atlantic": "--ocean-point",
  "West Africa, Sahel, Maghreb": "--africa", Europe: "--europe" };
const RIPPLE_MS = 1500;

export class FlowMap {
  // world: place of the world whose frames are drawn; a second map shares its view with the first
  constructor(page, world, view) {
    this.page = page; this.world = world; this.view = view;
    this.frame = null; this.before = new Map(); this.ripples = []; this.widths = null; this.since = 0; this.hot = null;
    this.canvases = ["base", "lanes", "live"].map((name) => h("canvas", { class: "layer", "data-layer": name }));
    this.tip = h("div", { class: "tip", role: "status", hidden: true });
    this.box = h("div", { class: "map", "data-testid": `map-${world}`, tabindex: "0", role: "img",
      "aria-label": "Map of the Atlantic with cocaine flows, loads under way, patrols and seizures" }, this.canvases, this.tip);
    this.paths = []; this.lengths = [];
    for (const leg of page.static.legs) {
      const points = []; let run = 0; const lengths = [0];
      for (let i = 0; i < leg.line.length; i += 2) points.push([leg.line[i], leg.line[i + 1]]);
      for (let i = 1; i < points.length; i++) {
        run += Math.hypot(points[i][0] - points[i - 1][0], points[i][1] - points[i - 1][1]); lengths.push(run);
      }
      this.paths.push(points); this.lengths.push(lengths);
    }
    this.listen();
    new ResizeObserver(() => this.resize()).observe(this.box);
  }

  colour(name) { return this.page.colour(name); }

  // --- geometry ---
  resize() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const { clientWidth: width, clientHeight: height } = this.box;
    if (!width || !height) return;
    this.width = width; this.height = height; this.ratio = ratio;
    for (const canvas of this.canvases) { canvas.width = width * ratio; canvas.height = height * ratio; }
    this.redraw();
  }

  // the whole map: every place in the box, with room for the key and names; what is over shows more of the sea
  fit() {
    if (!this.bounds) {
      const x = this.page.static.places.map((one) => one.x), y = this.page.static.places.map((one) => one.y);
      this.bounds = [Math.min(...x), Math.max(...x), Math.min(...y), Math.max(...y)];
    }
    const [left, right, bottom, top] = this.bounds, side = Math.min(34, this.width * 0.06), above = Math.min(44, this.height * 0.08);
    const factor = Math.min((this.width - 2 * side) / (right - left), (this.height - 2 * above) / (top - bottom));
    return { factor, x: (left + right) / 2, y: (bottom + top) / 2 };
  }

  transform() {
    const fit = this.fit(), k = fit.factor * this.view.zoom;
    return { k, x: this.width / 2 - (fit.x + this.view.x) * k, y: this.height / 2 + (fit.y + this.view.y) * k };
  }

  at(x, y, t) { return [t.x + x * t.k, t.y - y * t.k]; }

  along(leg, share) {
    const points = this.paths[leg], lengths = this.lengths[leg];
    if (!points.length) return null;
    const goal = share * lengths[lengths.length - 1];
    let low = 0, high = lengths.length - 1;
    while (low < high) { const middle = (low + high + 1) >> 1; if (lengths[middle] <= goal) low = middle; else high = middle - 1; }
    if (low === lengths.length - 1) return points[low];
    const part = (goal - lengths[low]) / (lengths[low + 1] - lengths[low] || 1);
    return [points[low][0] + part * (points[low + 1][0] - points[low][0]), points[low][1] + part * (points[low + 1][1] - points[low][1])];
  }

  // --- frames ---
  show(frame, interval) {
    const now = performance.now();
    this.before = new Map();
    if (this.frame && !frame.whole) {
      const old = this.frame.loads;
      for (let i = 0; i < old.length; i += 4) this.before.set(old[i + 3], [old[i], old[i + 1]]);
    }
    this.frame = frame; this.since = now; this.interval = Math.max(40, Math.min(interval, 700));
    if (frame.states) this.states = frame.states;
    for (let i = 0; i < frame.hits.length; i += 3) this.ripples.push({ place: frame.hits[i], kg: frame.hits[i + 1], at: now });
    if (this.ripples.length > 160) this.ripples.splice(0, this.ripples.length - 160);
    if (frame.states && this.page.layers.shade !== "none") this.drawBase();
    this.drawLanes(); this.animate();
  }

  redraw() { if (!this.width) return; this.drawBase(); this.drawLanes(); this.drawLive(performance.now()); }

  animate() {
    if (this.running) return;
    this.running = true;
    const turn = (now) => {
      this.drawLive(now); this.page.counted += 1;
      this.ripples = this.ripples.filter((one) => now - one.at < RIPPLE_MS);
      const moving = now - this.since < this.interval && !reduced();
      if (moving || this.ripples.length) requestAnimationFrame(turn); else this.running = false;
    };
    requestAnimationFrame(turn);
  }

  // --- coasts and states ---
  drawBase() {
    const c = this.canvases[0].getContext("2d"), t = this.transform();
    c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    c.fillStyle = this.colour("--sea"); c.fillRect(0, 0, this.width, this.height);
    c.strokeStyle = this.colour("--graticule"); c.lineWidth = 0.7; c.beginPath();
    for (const line of this.page.static.graticule) this.trace(c, line, t);
    c.stroke();
    const shade = this.page.layers.shade, rows = this.page.rowOfState;
    this.shapes = [];
    for (const country of this.page.static.land) {
      const path = new Path2D();
      for (const ring of country.rings) this.trace(path, ring, t, true);
      const place = rows.get(country.iso);
      c.fillStyle = place === undefined || shade === "none" || !this.states ? this.colour("--land")
        : this.page.ramp(this.states[3 * place + { sharing: 0, ability: 1, corruption: 2 }[shade]] / 100, shade);
      c.fill(path);
      c.strokeStyle = this.colour("--coast"); c.lineWidth = 0.6; c.stroke(path);
      if (place !== undefined) this.shapes.push([place, path]);
    }
    if (this.page.layers.areas) this.drawAreas(c, t);
  }

  drawAreas(c, t) {
    const { platforms, places, area_radius: radius } = this.page.static, works = this.page.working[this.world] || new Set();
    const count = new Map();
    platforms.forEach((one, row) => { if (works.has(row)) for (const place of one.areas) count.set(place, (count.get(place) || 0) + 1); });
    for (const [place, many] of count) {
      const [x, y] = this.at(places[place].x, places[place].y, t);
      c.beginPath(); c.arc(x, y, radius * t.k, 0, 7);
      c.fillStyle = this.colour("--area"); c.globalAlpha = Math.min(0.10 + 0.05 * many, 0.3); c.fill();
      c.globalAlpha = 0.55; c.setLineDash([3, 4]); c.strokeStyle = this.colour("--area-line"); c.lineWidth = 1; c.stroke();
      c.setLineDash([]); c.globalAlpha = 1;
    }
  }

  trace(path, line, t, closed = false) {
    for (let i = 0; i < line.length; i += 2) {
      const x = t.x + line[i] * t.k, y = t.y - line[i + 1] * t.k;
      if (i) path.lineTo(x, y); else path.moveTo(x, y);
    }
    if (closed) path.closePath();
  }

  // --- lanes, places, names ---
  drawLanes() {
    const c = this.canvases[1].getContext("2d"), t = this.transform();
    c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0); c.clearRect(0, 0, this.width, this.height);
    c.lineCap = "round"; c.lineJoin = "round";
    const difference = this.page.difference;
    if (this.page.layers.lanes && this.frame) {
      const order = this.page.static.legs.map((_, i) => i).sort((a, b) => (this.page.static.legs[a].kind === "north" ? 0 : 1)
        - (this.page.static.legs[b].kind === "north" ? 0 : 1));
      for (const leg of order) difference ? this.drawDifference(c, leg, t) : this.drawLane(c, leg, t);
    }
    this.drawPlaces(c, t);
  }

  drawLane(c, leg, t) {
    const tonnes = this.frame.flow[leg] / 1000, line = this.page.static.legs[leg].line;
    if (tonnes < 0.1 || !line.length) return;
    const kind = this.page.static.legs[leg].kind, wide = Math.min(0.7 + 1.15 * Math.sqrt(tonnes), 11) * this.zoomed();
    c.strokeStyle = this.colour(KINDS[kind]);
    if (kind === "air") c.setLineDash([1, 3 + wide]); else c.setLineDash([]);
    if (wide > 2 && kind !== "north") { c.globalAlpha = 0.13; c.lineWidth = wide * 2.4; c.beginPath(); this.trace(c, line, t); c.stroke(); }
    c.globalAlpha = this.hot?.kind === "leg" && this.hot.row === leg ? 1 : kind === "north" ? 0.45 : 0.82;
    c.lineWidth = wide + (this.hot?.kind === "leg" && this.hot.row === leg ? 2 : 0);
    c.beginPath(); this.trace(c, line, t); c.stroke(); c.globalAlpha = 1; c.setLineDash([]);
  }

  drawDifference(c, leg, t) {
    const other = this.page.frames[1], line = this.page.static.legs[leg].line;
    if (!other || !line.length) return;
    const tonnes = (other.flow[leg] - this.frame.flow[leg]) / 1000;
    c.setLineDash([]);
    const size = Math.abs(tonnes);
    if (size < 0.5) { c.strokeStyle = this.colour("--north"); c.globalAlpha = 0.25; c.lineWidth = 0.8; }
    else {
      c.strokeStyle = this.colour(tonnes > 0 ? "--more" : "--less"); c.globalAlpha = 0.35 + 0.55 * Math.min(1, size / 12);
      c.lineWidth = Math.min(0.6 + 1.25 * Math.sqrt(size), 11) * this.zoomed();
    }
    c.beginPath(); this.trace(c, line, t); c.stroke(); c.globalAlpha = 1;
  }

  zoomed() { return Math.min(Math.max(this.view.zoom, 0.8), 2.2) ** 0.5 * Math.min(Math.max(this.width / 820, 0.7), 1.25); }

  drawPlaces(c, t) {
    const { places } = this.page.static, size = 2.6 * this.zoomed(), boxes = [];
    for (const place of places) {
      if (place.kind === "sea_area" && !this.page.layers.areas) continue;
      const [x, y] = this.at(place.x, place.y, t);
      c.fillStyle = this.colour(GROUPS[place.group]); c.strokeStyle = this.colour("--sea"); c.lineWidth = 1;
      c.beginPath();
      if (place.kind === "market") c.rect(x - size, y - size, 2 * size, 2 * size); else c.arc(x, y, size, 0, 7);
      c.fill(); c.stroke();
      boxes.push([x - 4, y - 4, x + 4, y + 4]);
    }
    if (this.page.layers.names) this.drawNames(c, t, boxes);
  }

  drawNames(c, t, boxes) {
    const size = this.width < 560 ? 10.5 : 11.5;
    c.font = `500 ${size}px ${this.page.font}`; c.textBaseline = "middle"; c.lineJoin = "round";
    const here = this.box.getBoundingClientRect();
    for (const cover of this.page.stage.querySelectorAll(".legend, .tools, figcaption")) {
      const b = cover.getBoundingClientRect(); boxes.push([b.left - here.left, b.top - here.top, b.right - here.left, b.bottom - here.top]);
    }
    const most = Math.round(this.width * this.height / 14000 * Math.min(this.view.zoom, 3)); let drawn = 0;
    for (const place of [...this.page.static.places].filter((one) => one.label).sort((a, b) => a.rank - b.rank)) {
      if (drawn >= most) break;
      const [x, y] = this.at(place.x, place.y, t), wide = c.measureText(place.label).width;
      const sides = [[x + 7, y], [x - 7 - wide, y], [x - wide / 2, y - 11], [x - wide / 2, y + 11]];
      const found = sides.find(([left, middle]) => {
        const box = [left - 3, middle - size * 0.62, left + wide + 3, middle + size * 0.62];
        return box[0] > 6 && box[2] < this.width - 6 && box[1] > 6 && box[3] < this.height - 6
          && !boxes.some((b) => b[0] < box[2] && box[0] < b[2] && b[1] < box[3] && box[1] < b[3]);
      });
      if (!found) continue;
      boxes.push([found[0] - 3, found[1] - size * 0.62, found[0] + wide + 3, found[1] + size * 0.62]); drawn += 1;
      c.strokeStyle = this.colour("--halo"); c.lineWidth = 3; c.globalAlpha = 0.85; c.strokeText(place.label, found[0], found[1]);
      c.globalAlpha = 1; c.fillStyle = this.colour("--label"); c.fillText(place.label, found[0], found[1]);
    }
  }

  // --- what moves ---
  drawLive(now) {
    const c = this.canvases[2].getContext("2d"), t = this.transform();
    c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0); c.clearRect(0, 0, this.width, this.height);
    if (!this.frame || !this.width) return;
    const share = reduced() ? 1 : Math.max(0, Math.min((now - this.since) / (this.interval || 1), 1));
    if (this.page.layers.loads && !this.page.difference) this.drawLoads(c, t, share);
    if (this.page.layers.patrols) this.drawPatrols(c, t);
    if (this.page.layers.seizures && !this.page.difference) this.drawRipples(c, t, now);
  }

  drawLoads(c, t, share) {
    const loads = this.frame.loads;
    c.fillStyle = this.colour("--load"); c.strokeStyle = this.colour("--load-edge"); c.lineWidth = 0.7;
    for (let i = 0; i < loads.length; i += 4) {
      const leg = loads[i], old = this.before.get(loads[i + 3]);
      const from = old && old[0] === leg ? old[1] : old ? 0 : loads[i + 1];
      const point = this.along(leg, (from + share * (loads[i + 1] - from)) / 255);
      if (!point) continue;
      const [x, y] = this.at(point[0], point[1], t);
      c.beginPath(); c.arc(x, y, Math.min(1.1 + Math.sqrt(loads[i + 2]) / 14, 4.2), 0, 7); c.fill(); c.stroke();
    }
  }

  drawPatrols(c, t) {
    const assets = this.frame.assets, here = new Map();
    this.spots = [];
    for (let i = 0; i < assets.length; i += 2) {
      if (!assets[i + 1]) continue;
      const place = this.page.static.places[assets[i]], many = here.get(assets[i]) || 0;
      here.set(assets[i], many + 1);
      const [x0, y0] = this.at(place.x, place.y, t), ring = 9 + 5 * Math.floor(many / 8), turn = many % 8 * Math.PI / 4 - 1.2;
      const x = x0 + ring * Math.cos(turn), y = y0 + ring * Math.sin(turn), size = 3.4;
      c.beginPath(); c.moveTo(x, y - size); c.lineTo(x + size, y + size * 0.8); c.lineTo(x - size, y + size * 0.8); c.closePath();
      c.globalAlpha = assets[i + 1] === 1 ? 0.4 : 1;
      c.fillStyle = this.colour(assets[i + 1] === 3 ? "--busy" : "--patrol"); c.fill();
      c.strokeStyle = this.colour("--sea"); c.lineWidth = 0.8; c.stroke(); c.globalAlpha = 1;
      this.spots.push([x, y, i / 2]);
    }
  }

  drawRipples(c, t, now) {
    for (const one of this.ripples) {
      const age = Math.max(0, (now - one.at) / RIPPLE_MS), place = this.page.static.places[one.place];
      const [x, y] = this.at(place.x, place.y, t), full = Math.min(4 + Math.sqrt(one.kg) * 0.55, 44);
      c.beginPath(); c.arc(x, y, reduced() ? full : 3 + (full - 3) * Math.min(1, age * 1.6), 0, 7);
      c.strokeStyle = this.colour("--seized"); c.globalAlpha = Math.max(0, 1 - age) * 0.9; c.lineWidth = 1.8; c.stroke();
      c.fillStyle = this.colour("--seized"); c.globalAlpha = Math.max(0, 1 - age) * 0.16; c.fill(); c.globalAlpha = 1;
    }
  }

  // --- pointing ---
  listen() {
    let drag = null, dragged = false;
    const where = (event) => { const box = this.box.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
    this.box.addEventListener("pointerdown", (event) => { drag = [...where(event), this.view.x, this.view.y]; dragged = false; });
    window.addEventListener("pointerup", () => { drag = null; });
    this.box.addEventListener("pointermove", (event) => {
      const [x, y] = where(event);
      if (drag && event.buttons) {
        if (Math.hypot(x - drag[0], y - drag[1]) > 4) dragged = true;
        if (dragged) { const { k } = this.transform(); this.view.x = drag[2] - (x - drag[0]) / k; this.view.y = drag[3] + (y - drag[1]) / k; this.page.viewed(); }
        return;
      }
      this.point(x, y);
    });
    this.box.addEventListener("pointerleave", () => { this.tip.hidden = true; this.heat(null); });
    this.box.addEventListener("click", (event) => {
      if (dragged) return; // a click ends every drag
      const found = this.find(...where(event));
      if (found) this.page.inspect(found.kind, found.row, this.world);
    });
    this.box.addEventListener("wheel", (event) => {
      // where the page is longer than the window the wheel moves the page; with Ctrl, as a pinch sends it, the map
      if (!event.ctrlKey && document.documentElement.scrollHeight > window.innerHeight + 40) return;
      event.preventDefault(); this.zoom(Math.exp(-event.deltaY * 0.0016), ...where(event));
    }, { passive: false });
    this.box.addEventListener("dblclick", (event) => this.zoom(1.7, ...where(event)));
  }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const before = this.transform(), left = (x - before.x) / before.k, down = (before.y - y) / before.k;
    this.view.zoom = Math.min(Math.max(this.view.zoom * factor, 0.7), 12);
    const after = this.transform();
    this.view.x += left - (x - after.x) / after.k; this.view.y += down - (after.y - y) / after.k;
    this.page.viewed();
  }

  find(x, y) {
    const t = this.transform(); let best = null, least = 9;
    if (this.page.layers.patrols) for (const [px, py, row] of this.spots || []) {
      const away = Math.hypot(px - x, py - y); if (away < Math.min(least, 6)) { least = away; best = { kind: "asset", row }; }
    }
    if (best) return best;
    this.page.static.places.forEach((place, row) => {
      const [px, py] = this.at(place.x, place.y, t), away = Math.hypot(px - x, py - y);
      if (away < least) { least = away; best = { kind: "place", row }; }
    });
    if (best) return best;
    least = 6;
    this.page.static.legs.forEach((leg, row) => {
      if (!this.frame || (!this.page.difference && this.frame.flow[row] < 100) || !leg.line.length) return;
      for (let i = 2; i < leg.line.length; i += 2) {
        const [ax, ay] = this.at(leg.line[i - 2], leg.line[i - 1], t), [bx, by] = this.at(leg.line[i], leg.line[i + 1], t);
        const dx = bx - ax, dy = by - ay, share = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
        const away = Math.hypot(ax + share * dx - x, ay + share * dy - y);
        if (away < least) { least = away; best = { kind: "leg", row }; }
      }
    });
    if (best) return best;
    const c = this.canvases[0].getContext("2d");
    for (const [row, path] of this.shapes || []) if (c.isPointInPath(path, x * this.ratio, y * this.ratio)) return { kind: "state", row };
    return null;
  }

  point(x, y) {
    const found = this.find(x, y);
    this.heat(found); this.box.style.cursor = found ? "pointer" : "grab";
    if (!found) { this.tip.hidden = true; return; }
    const [title, ...lines] = this.says(found);
    this.tip.replaceChildren(h("b", { text: title }), ...lines.map((text) => h("span", { text })));
    this.tip.hidden = false;
    const wide = this.tip.offsetWidth, high = this.tip.offsetHeight;
    this.tip.style.left = `${x + 16 + wide > this.width ? x - wide - 12 : x + 16}px`;
    this.tip.style.top = `${Math.max(6, Math.min(y + 12, this.height - high - 6))}px`;
  }

  heat(found) {
    const key = found ? `${found.kind} ${found.row}` : "", old = this.hot ? `${this.hot.kind} ${this.hot.row}` : "";
    if (key === old) return;
    this.hot = found; if (found?.kind === "leg" || old.startsWith("leg")) this.drawLanes();
  }

  says({ kind, row }) {
    const s = this.page.static, tonnes = (kg) => `${plain(kg / 1000)} t`;
    if (kind === "place") return [s.places[row].name, s.places[row].group, "Click for its numbers"];
    if (kind === "asset") return [s.assets[row].name, `${s.assets[row].kind}, ${s.assets[row].owner} (synthetic)`,
      ["out of service", "in port", "on patrol", "on a case"][this.frame.assets[2 * row + 1]]];
    if (kind === "state") {
      const lines = this.states ? [`shares ${this.states[3 * row]}% of its leads`, `ability ${this.states[3 * row + 1]}%, corruption ${this.states[3 * row + 2]}%`] : [];
      return [s.states[row].name, ...lines];
    }
    const leg = s.legs[row], names = [leg.from, leg.to].map((place) => s.places[place].label || s.places[place].name);
    const mode = leg.mode.replaceAll("_", " ");
    if (this.page.difference) {
      const change = (this.page.frames[1].flow[row] - this.frame.flow[row]) / 1000;
      return [names.join(" to "), mode, `${tonnes(this.frame.flow[row])} and ${tonnes(this.page.frames[1].flow[row])} pure a year`, Math.abs(change) < 0.0005 ? "the same in the second" : `${change > 0 ? "+" : "−"}${plain(Math.abs(change))} t in the second`];
    }
    return [names.join(" to "), mode, `${tonnes(this.frame.flow[row])} pure in the last year`];
  }

  // the map as one picture, for the export
  picture() {
    const canvas = h("canvas", { width: this.canvases[0].width, height: this.canvases[0].height }), c = canvas.getContext("2d");
    for (const layer of this.canvases) c.drawImage(layer, 0, 0);
    return canvas;
  }
}
