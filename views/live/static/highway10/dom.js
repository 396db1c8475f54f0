// Small helpers: elements, numbers, dates. Nothing here knows of the model.

export function h(tag, attributes = {}, ...children) {
  const svg = ["svg", "path", "circle", "line", "rect", "g", "text", "polyline", "title"].includes(tag) && tag !== "title";
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) element.append(child);
  return element;
}

export function clear(element) { while (element.firstChild) element.firstChild.remove(); return element; }

export function number(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  const rounded = Number(value.toPrecision(digits));
  return rounded.toLocaleString("en-GB", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

// the same without noughts at the end, for numbers that stand alone
export function plain(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return Number(value.toPrecision(digits)).toLocaleString("en-GB", { maximumFractionDigits: 6 });
}

export function signed(value, digits = 3) {
  if (!Number.isFinite(value)) return "–";
  return (value > 0 ? "+" : value < 0 ? "−" : "±") + number(Math.abs(value), digits);
}

const DAY = 86400000;
let epoch = Date.UTC(2000, 0, 3);
export function setEpoch(text) { epoch = Date.parse(text + "T00:00:00Z"); }
export function dayOfWeek(week) { return new Date(epoch + 7 * DAY * week); }
export function isoOfWeek(week) { return dayOfWeek(week).toISOString().slice(0, 10); }
export function weekOf(text) { return Math.floor((Date.parse(text + "T00:00:00Z") - epoch) / (7 * DAY)); }

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
  "December"];
export function longDate(text) {
  const [year, month, day] = text.split("-").map(Number);
  return `${day} ${MONTHS[month - 1]} ${year}`;
}

export const reduced = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

export function icon(name) {
  const paths = {
    play: "M7 4.5v15l12-7.5z", pause: "M7 5h3.6v14H7zM13.4 5H17v14h-3.6z",
    step: "M5 5v14l9-7zM16 5h3v14h-3z", reset: "M12 5a7 7 0 1 1-6.6 4.6l1.9.7A5 5 0 1 0 12 7v3L7.5 6 12 2z",
    sun: "M12 7.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM11 2h2v3h-2zM11 19h2v3h-2zM2 11h3v2H2zM19 11h3v2h-3zM5 6.4 6.4 5l2 2L7 8.4zM15.6 17l1.4-1.4 2 2-1.4 1.4zM5 17.6l2-2L8.4 17l-2 2zM15.6 7l2-2L19 6.4l-2 2z",
    plus: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z", minus: "M5 11h14v2H5z",
    home: "M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z", close: "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12 19 17.6 17.6 19 12 13.4 6.4 19 5 17.6 10.6 12 5 6.4z",
    layers: "M12 3 2 8.5 12 14l10-5.500zM4.600 12 2 13.500 12 19l10-5.500L19.400 12 12 16z",
  };
  return h("svg", { viewBox: "0 0 24 24", width: 16, height: 16, "aria-hidden": "true", fill: "currentColor" },
    h("path", { d: paths[name] }));
}
