"use strict";
(() => {
  const config = {displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false, showTips: false};
  const read = id => JSON.parse(document.getElementById(id).textContent);
  const phone = () => window.innerWidth < 760;
  const fmt = v => v >= 100 ? v.toFixed(0) : v >= 10 ? v.toFixed(1) : v.toFixed(2);

  const drawn = [];
  for (const box of document.querySelectorAll(".plot[data-figure]")) {
    const figure = read(box.dataset.figure);
    if (phone() && figure.layout.xaxis && figure.layout.xaxis.dtick === 4) figure.layout.xaxis.dtick = 5;
    drawn.push(Plotly.newPlot(box, figure.data, figure.layout, config));
  }

  const map = document.getElementById("map");
  if (map) {
    const figure = read("map-figure"), flows = read("map-flows");
    const trace = name => figure.data.findIndex(t => t.name === name);
    const lines = flows.trace_names.map(trace), arrows = flows.arrow_names.map(trace);
    const bubbles = trace("Seizures"), wide = trace("labels wide"), narrow = trace("labels narrow");
    const slider = document.getElementById("year-slider"), big = document.getElementById("year");
    const buttons = [...document.querySelectorAll("button[data-year]")];
    const play = document.getElementById("play");
    let timer = null, small = null;

    const path = (legs, source) => legs.flatMap((leg, i) => i ? [null, ...source[leg]] : source[leg]);
    const scale = () => Math.max(0.45, Math.min(1.15, map.clientWidth / 900));

    function show(year) {
      const tonnes = flows.tonnes[year];
      const at = flows.arrows[year].map(legs => legs.map(leg => flows.middle[leg]));
      const spots = flows.bubbles[year];
      const k = scale();
      const xs = [], ys = [], text = [], size = [], width = [], angle = [], which = [];
      const put = (index, x, y, t, s, w, a) => {which.push(index); xs.push(x); ys.push(y); text.push(t); size.push(s); width.push(w); angle.push(a);};
      lines.forEach((index, i) => put(index, path(flows.flows[year][i], flows.xs), path(flows.flows[year][i], flows.ys),
        null, 6, flows.widths[i % flows.widths.length] * Math.max(k, 0.6), 0));
      arrows.forEach((index, i) => put(index, at[i].map(m => m[0]), at[i].map(m => m[1]),
        flows.arrows[year][i].map(leg => `${flows.names[leg]}<br>${fmt(tonnes[leg])} t pure in ${year}`), Math.max(6, 9 * k), 2, at[i].map(m => m[2])));
      put(bubbles, spots.map(b => b[0]), spots.map(b => b[1]), spots.map(b => `${b[3]}<br>${fmt(b[2])} t (bulk) seized in ${year}`),
        spots.map(b => flows.bubble * Math.sqrt(b[2]) * k), 2, 0);
      Plotly.restyle(map, {x: xs, y: ys, text: text, "marker.size": size, "line.width": width, "marker.angle": angle}, which);
      big.textContent = year;
      slider.value = year;
      slider.setAttribute("aria-valuetext", year);
      map.dataset.year = year;
      map.setAttribute("aria-label", flows.alt[year]);
      buttons.forEach(b => b.setAttribute("aria-pressed", b.dataset.year === String(year)));
      for (const [id, value] of Object.entries(flows.stats[year])) document.getElementById("stat-" + id).textContent = value;
    }
    function fit() {
      const now = map.clientWidth < 700;
      const dots = figure.data.map((t, i) => [t, i]).filter(([t]) => flows.place_names.includes(t.name));
      const k = scale();
      Plotly.restyle(map, {"marker.size": dots.map(([t]) => t.marker.size.map(s => s * Math.max(0.6, k)))}, dots.map(d => d[1]));
      if (now !== small) { small = now; Plotly.restyle(map, {visible: [!now, now]}, [wide, narrow]); }
    }
    function stop() { clearInterval(timer); timer = null; play.textContent = "Play"; play.setAttribute("aria-pressed", "false"); }
    function start() {
      play.textContent = "Stop"; play.setAttribute("aria-pressed", "true");
      if (+slider.value >= +slider.max) show(+slider.min);
      timer = setInterval(() => { if (+slider.value >= +slider.max) stop(); else show(+slider.value + 1); }, 700);
    }
    drawn.push(Plotly.newPlot(map, figure.data, figure.layout, config).then(() => {
      fit();
      show(flows.start);
      slider.addEventListener("input", () => { if (timer) stop(); show(+slider.value); });
      buttons.forEach(b => b.addEventListener("click", () => { if (timer) stop(); show(+b.dataset.year); }));
      play.addEventListener("click", () => timer ? stop() : start());
      let wait = null;
      window.addEventListener("resize", () => { clearTimeout(wait); wait = setTimeout(() => { fit(); show(+slider.value); }, 150); });
    }));
  }
  // On paper a drawing keeps its screen size unless it may scale: a view box lets it.
  const drawings = () => document.querySelectorAll(".plot .main-svg");
  window.addEventListener("beforeprint", () => drawings().forEach(
    svg => svg.setAttribute("viewBox", `0 0 ${svg.getAttribute("width")} ${svg.getAttribute("height")}`)));
  window.addEventListener("afterprint", () => drawings().forEach(svg => svg.removeAttribute("viewBox")));
  Promise.all(drawn).then(() => { document.documentElement.dataset.ready = "yes"; });
})();
