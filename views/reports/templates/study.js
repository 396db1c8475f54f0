"use strict";
(() => {
  const config = {displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false, showTips: false};
  const text = id => document.getElementById(id).textContent;
  const pairs = Object.entries(JSON.parse(text("dark")));
  const prefers = window.matchMedia("(prefers-color-scheme: dark)");
  const printing = window.matchMedia("print");

  // The same figure in the colours of the night: every colour of the theme has a counterpart.
  const figure = id => {
    let source = text(id);
    if (prefers.matches && !printing.matches) for (const [day, night] of pairs) source = source.replaceAll(day, night);
    return JSON.parse(source);
  };
  // The keys beside the figures are drawn in the page: they change with them.
  const keys = [...document.querySelectorAll(".key")].map(key => [key, key.innerHTML]);
  const paintKeys = () => keys.forEach(([key, day]) => {
    key.innerHTML = prefers.matches && !printing.matches ? pairs.reduce((t, [a, b]) => t.replaceAll(a, b), day) : day;
  });
  paintKeys();
  const boxes = [...document.querySelectorAll(".plot[data-figure]")];
  const fit = (box, drawing) => {
    const narrow = box.clientWidth < 700;
    for (const trace of drawing.data) {
      if (trace.name === "labels wide") trace.visible = !narrow;
      if (trace.name === "labels narrow") trace.visible = narrow;
      if (narrow && trace.name && trace.mode === "markers" && Array.isArray(trace.marker && trace.marker.size))
        trace.marker.size = trace.marker.size.map(size => size * 0.7);
    }
    return drawing;
  };
  const draw = box => {
    const drawing = fit(box, figure(box.dataset.figure));
    return Plotly.react(box, drawing.data, drawing.layout, config);
  };
  Promise.all(boxes.map(draw)).then(() => { document.documentElement.dataset.ready = "yes"; });
  prefers.addEventListener("change", () => { paintKeys(); boxes.forEach(draw); });
  let wait = null, width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    clearTimeout(wait);
    wait = setTimeout(() => boxes.forEach(draw), 200);
  });
  const drawings = () => document.querySelectorAll(".plot .main-svg");
  window.addEventListener("beforeprint", () => {
    boxes.forEach(draw);
    drawings().forEach(svg => svg.setAttribute("viewBox", `0 0 ${svg.getAttribute("width")} ${svg.getAttribute("height")}`));
  });
  window.addEventListener("afterprint", () => {
    drawings().forEach(svg => svg.removeAttribute("viewBox"));
    boxes.forEach(draw);
  });
})();
