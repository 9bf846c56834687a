/* Charts: each is drawn from the table that stands beside it, so that nothing is told twice. */
"use strict";

(() => {
  const MORE = ["#7c5cbf", "#2f7fb8", "#a0793d"];
  const drawn = new Map();
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const read = (table) => {
    const names = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent.trim());
    const rows = [...table.tBodies[0].rows];
    const figure = (cell) => Number(cell.textContent.replaceAll(",", ""));
    return {
      labels: rows.map((row) => row.cells[0].textContent.trim()),
      series: names.map((name, place) => ({ name, data: rows.map((row) => figure(row.cells[place + 1])) })),
    };
  };

  /* What each colour is: the small build of the library has no legend. */
  const name = (place, series, colours) => {
    const before = place.previousElementSibling;
    const legend = before?.matches(".legend") ? before : document.createElement("ul");
    legend.className = "legend";
    legend.replaceChildren(...series.map((one, number) => {
      const line = document.createElement("li");
      const colour = document.createElement("i");
      colour.style.backgroundColor = colours[number % colours.length];
      line.append(colour, one.name);
      return line;
    }));
    place.before(legend);
  };

  const draw = (place) => {
    const { labels, series } = read(document.getElementById(place.dataset.chart));
    const quiet = style("--quiet");
    const line = style("--line");
    const colours = [...["--accent", "--warning", "--success", "--danger", "--quiet"].map(style), ...MORE];
    name(place, series, colours);
    const chart = drawn.get(place) || echarts.init(place);
    drawn.set(place, chart);
    chart.setOption({
      animation: false,
      color: colours,
      textStyle: { fontFamily: style("--sans") },
      grid: { left: 8, right: 8, top: 12, bottom: 8, containLabel: true },
      xAxis: { type: "category", data: labels, axisLabel: { color: quiet }, axisLine: { lineStyle: { color: line } } },
      yAxis: { type: "value", minInterval: 1, axisLabel: { color: quiet }, splitLine: { lineStyle: { color: line } } },
      series: series.map((one) => ({ ...one, type: place.dataset.kind || "line", showSymbol: labels.length < 2 })),
    }, true);
  };

  const all = () => document.querySelectorAll("[data-chart]").forEach(draw);
  document.addEventListener("DOMContentLoaded", all);
  window.addEventListener("resize", () => drawn.forEach((chart) => chart.resize()));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
})();
