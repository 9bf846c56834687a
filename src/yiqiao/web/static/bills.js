/* What is ticked is added up while it is being chosen. Without script the page says what all of it comes to. */
"use strict";

(() => {
  for (const form of document.querySelectorAll("[data-bills]")) {
    const total = form.querySelector("[data-total]");
    const ticks = [...form.querySelectorAll("[data-fen]")];
    if (!total || !ticks.length) continue;
    const add = () => {
      const fen = ticks.filter((tick) => tick.checked).reduce((sum, tick) => sum + Number(tick.dataset.fen), 0);
      const yuan = Math.floor(fen / 100).toLocaleString("en-US");
      total.textContent = `¥ ${yuan}.${String(fen % 100).padStart(2, "0")}`;
    };
    form.addEventListener("change", add);
    window.addEventListener("pageshow", add); // a browser that comes back keeps what was ticked
  }
})();
