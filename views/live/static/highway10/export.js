// Files: what the server sends, and the view as one picture.
import { h, isoOfWeek, longDate } from "./dom.js";

export function save(name, blob) {
  const address = URL.createObjectURL(blob), link = h("a", { href: address, download: name });
  document.body.append(link); link.click(); link.remove(); setTimeout(() => URL.revokeObjectURL(address), 10000);
}

export async function picture(page) {
  const maps = page.maps.map((map) => map.picture()), ratio = page.maps[0].ratio, gap = 16 * ratio;
  const wide = maps.reduce((sum, one) => sum + one.width, gap * (maps.length + 1)), head = 96 * ratio, plots = page.charts.kinds.filter((kind) => kind.plot.data);
  const columns = 3, each = (wide - gap * (columns + 1)) / columns, high = each * 0.52, rows = Math.ceil(plots.length / columns);
  const canvas = h("canvas", { width: wide, height: head + maps[0].height + gap + rows * (high + 40 * ratio) + gap * 2 }), c = canvas.getContext("2d");
  c.fillStyle = page.colour("--page"); c.fillRect(0, 0, canvas.width, canvas.height);
  c.fillStyle = page.colour("--ink"); c.font = `600 ${26 * ratio}px ${page.font}`; c.fillText(longDate(isoOfWeek(page.week)), gap, 38 * ratio);
  c.fillStyle = page.colour("--muted"); c.font = `${14 * ratio}px ${page.font}`; c.fillText(`${page.state.titles.join(" | ")}; seed ${page.state.settings.seed}`, gap, 62 * ratio);
  c.fillText([...page.numbers.children].map((one) => `${one.children[0].textContent} ${one.children[1].textContent} ${one.children[2].textContent}`).join("   "), gap, 84 * ratio);
  let x = gap;
  for (const map of maps) { c.drawImage(map, x, head); x += map.width + gap; }
  const order = ["flows", "price", "corridors", "funnel", "sharing", "money"];
  plots.sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  for (const [i, kind] of plots.entries()) {
    const left = gap + i % columns * (each + gap), top = head + maps[0].height + gap * 2 + Math.floor(i / columns) * (high + 40 * ratio);
    c.fillStyle = page.colour("--ink"); c.font = `600 ${14 * ratio}px ${page.font}`; c.fillText(`${kind.title}, ${kind.unit}`, left, top + 8 * ratio);
    const image = new Image(); image.src = await window.Plotly.toImage(kind.plot, { format: "png", width: Math.round(each / ratio), height: Math.round(high / ratio), scale: ratio });
    await image.decode(); c.drawImage(image, left, top + 16 * ratio, each, high);
  }
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
