/* Charts: each is drawn from the table that stands beside it, so that nothing is told twice. */
"use strict";

(() => {
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

  const draw = (place) => {
    const { labels, series } = read(document.getElementById(place.dataset.chart));
    const quiet = style("--quiet");
    const line = style("--line");
    const chart = drawn.get(place) || echarts.init(place);
    drawn.set(place, chart);
    chart.setOption({
      animation: false,
      color: [style("--accent"), style("--warning"), style("--success"), style("--danger"), quiet],
      textStyle: { fontFamily: style("--sans") },
      grid: { left: 8, right: 8, top: 36, bottom: 8, containLabel: true },
      legend: { top: 0, left: 0, textStyle: { color: quiet } },
      tooltip: { trigger: "axis", renderMode: "richText" },
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
