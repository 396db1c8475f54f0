// Files: what the server sends, and the view as one picture.
import { h, isoOfWeek, longDate } from "./dom.js";

export function save(name, blob) {
  const address = URL.createObjectURL(blob), link = h("a", { href: address, download: name });
  document.body.append(link); link.click(); link.remove(); setTimeout(() => URL.revokeObjectURL(address), 10000);
}

// words in lines no wider than `wide`
function wrapped(c, text, wide) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = lines[lines.length - 1] ? `${lines[lines.length - 1]} ${word}` : word;
    if (c.measureText(longer).width > wide && lines[lines.length - 1]) lines.push(word); else lines[lines.length - 1] = longer;
  }
  return lines;
}

// Marks with their words in rows; gives the height that was used.
function key(c, page, entries, left, top, wide, ratio) {
  let x = left, y = top;
  c.font = `${12 * ratio}px ${page.font}`; c.textBaseline = "middle";
  for (const [colour, dash, text] of entries) {
    const need = 30 * ratio + c.measureText(text).width + 14 * ratio;
    if (x > left && x + need > left + wide) { x = left; y += 18 * ratio; }
    c.strokeStyle = colour; c.lineWidth = 3 * ratio; c.setLineDash(dash ? [2 * ratio, 3 * ratio] : []);
    c.beginPath(); c.moveTo(x, y); c.lineTo(x + 22 * ratio, y); c.stroke(); c.setLineDash([]);
    c.fillStyle = page.colour("--muted"); c.fillText(text, x + 28 * ratio, y); x += need;
  }
  c.textBaseline = "alphabetic";
  return y - top + 18 * ratio;
}

// What the map's key and the charts' keys say, as colours and words.
function mapKey(page) {
  const lanes = page.difference ? [["--more", "More in the second"], ["--less", "Less in the second"]]
    : [["--container", "Container"], ["--sea-lane", "Boats and ships"], ["--air", "By air"], ["--overland", "Overland"], ["--north", "To North America"], ["--seized", "Seizure"], ["--patrol", "Patrol, synthetic"]];
  return lanes.map(([name, text]) => [page.colour(name), name === "--air", text]);
}

function chartKey(page, kind) {
  return kind.plot.data.filter((one) => one.name && one.showlegend !== false).map((one) => [one.fillcolor || one.line?.color || one.marker?.color, one.line?.dash === "dot", one.name]);
}

export async function picture(page) {
  const maps = page.maps.map((map) => map.picture()), ratio = page.maps[0].ratio, gap = 16 * ratio;
  const plots = page.charts.kinds.filter((kind) => kind.plot.data);
  const order = ["flows", "price", "corridors", "funnel", "sharing", "money"];
  plots.sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  const wide = Math.max(maps.reduce((sum, one) => sum + one.width, gap * (maps.length + 1)), 1080 * ratio);
  const columns = 3, each = (wide - gap * (columns + 1)) / columns, high = each * 0.5, rows = Math.ceil(plots.length / columns);
  const canvas = h("canvas", { width: wide, height: 4000 * ratio }), c = canvas.getContext("2d");
  c.fillStyle = page.colour("--page"); c.fillRect(0, 0, canvas.width, canvas.height);
  const write = (text, x, y, size, colour, weight = 400) => { c.fillStyle = page.colour(colour); c.font = `${weight} ${size * ratio}px ${page.font}`; c.fillText(text, x, y); };
  write(longDate(isoOfWeek(page.week)), gap, 38 * ratio, 26, "--ink", 600);
  let y = 60 * ratio;
  c.font = `${13 * ratio}px ${page.font}`;
  for (const line of wrapped(c, `${page.state.titles.join(" | ")}. ${page.caution.textContent}`, wide - 2 * gap)) { write(line, gap, y, 13, "--muted"); y += 18 * ratio; }
  const cells = [...page.numbers.children], cell = (wide - 2 * gap) / cells.length;
  cells.forEach((one, i) => {
    const [name, value, unit] = one.children, left = gap + i * cell;
    write(name.textContent, left, y + 14 * ratio, 12, "--muted");
    write([...value.children].map((part) => [...part.childNodes].map((node) => node.textContent).join(" ")).join(" | "), left, y + 34 * ratio, 16, "--ink", 600);
    write(unit.textContent, left, y + 50 * ratio, 12, "--muted");
  });
  y += 68 * ratio;
  let x = gap;
  maps.forEach((map, i) => {
    if (page.frames.length > 1) write(page.captionOf(page.maps[i].world), x, y + 12 * ratio, 13, "--ink", 600);
    c.drawImage(map, x, y + (page.frames.length > 1 ? 20 * ratio : 0)); x += map.width + gap;
  });
  y += maps[0].height + (page.frames.length > 1 ? 20 * ratio : 0) + 18 * ratio;
  y += key(c, page, mapKey(page), gap, y, wide - 2 * gap, ratio) + gap;
  for (let row = 0; row < rows; row++) {
    let used = 0;
    for (let column = 0; column < columns; column++) {
      const kind = plots[row * columns + column];
      if (!kind) continue;
      const left = gap + column * (each + gap);
      write(kind.title, left, y + 10 * ratio, 14, "--ink", 600); write(page.charts.unitOf(kind), left, y + 27 * ratio, 12, "--muted");
      const marks = key(c, page, chartKey(page, kind), left, y + 44 * ratio, each, ratio);
      const image = new Image(); image.src = await window.Plotly.toImage(kind.plot, { format: "png", width: Math.round(each / ratio), height: Math.round(high / ratio), scale: ratio });
      await image.decode(); c.drawImage(image, left, y + 40 * ratio + marks, each, high);
      used = Math.max(used, 40 * ratio + marks + high);
    }
    y += used + gap;
  }
  const cut = h("canvas", { width: wide, height: Math.ceil(y) });
  cut.getContext("2d").drawImage(canvas, 0, 0);
  return new Promise((done) => cut.toBlob(done, "image/png"));
}
