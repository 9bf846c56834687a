/* What the cashier does by itself: say how much change there is, and go to where a phone pays, once. */
"use strict";

(() => {
  const yuan = (fen) => `¥ ${Math.floor(fen / 100).toLocaleString("en-US")}.${String(fen % 100).padStart(2, "0")}`;

  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-cash]");
    if (!form) return;
    const typed = event.target.value.trim().replaceAll(",", "");
    const place = form.querySelector("[data-change]");
    const change = /^\d{1,8}(\.\d{1,2})?$/.test(typed) ? Math.round(Number(typed) * 100) - Number(form.dataset.cash) : -1;
    place.hidden = change < 0;
    place.querySelector("b").textContent = change < 0 ? "" : yuan(change);
  });

  // A browser that comes back from there must not be sent away again.
  const go = () => {
    const link = document.querySelector("[data-go]");
    if (!link) return;
    const name = `went ${link.dataset.go}`;
    if (sessionStorage.getItem(name)) return;
    sessionStorage.setItem(name, "1");
    location.assign(link.href);
  };
  go();
  const standing = document.getElementById("standing");
  if (standing) new MutationObserver(go).observe(standing.parentElement, { childList: true });
})();
