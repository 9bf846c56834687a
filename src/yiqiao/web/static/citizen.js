/* What the citizen's pages do by themselves: count down by the hub's clock, and send a decision once. */
"use strict";

(() => {
  const ASK_AFTER_MS = 600;
  const SHORT_S = 10;
  const place = document.querySelector("[data-left-ms]");

  // What is left was told in milliseconds when the page was made, so it does not matter what time the phone believes it
  // is. A phone that slept may have stopped counting: looking again asks the hub.
  if (place) {
    const since = performance.now();
    const whole = Number(place.dataset.leftMs);
    const counted = place.querySelector("[data-counted]");
    const figure = counted.querySelector("b");
    let asked = false;
    const tick = () => {
      const left = whole - (performance.now() - since);
      const seconds = Math.max(0, Math.ceil(left / 1000));
      figure.textContent = String(seconds);
      place.toggleAttribute("data-late", seconds <= SHORT_S);
      if (left <= 0 && !asked && !document.hidden) {
        asked = true;
        setTimeout(() => location.reload(), ASK_AFTER_MS);
      }
    };
    place.querySelector("[data-plain]").hidden = true;
    counted.hidden = false;
    tick();
    setInterval(tick, 250);
    let hidden = false;
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) hidden = true;
      else if (hidden) location.reload();
    });
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) location.reload();
    });
  }

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-once]");
    if (!form) return;
    if (form.hasAttribute("aria-busy")) event.preventDefault();
    form.setAttribute("aria-busy", "true");
  });
})();
