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

  // Only the browser in which the way was chosen goes there, and once: not a desk that looks on, nor one that comes back.
  const CHOSE = "yiqiao chose";
  document.addEventListener("submit", (event) => {
    if (event.submitter?.name === "way") sessionStorage.setItem(CHOSE, location.pathname);
  });
  const go = () => {
    const link = document.querySelector("[data-go]");
    if (!link || sessionStorage.getItem(CHOSE) !== location.pathname) return;
    sessionStorage.removeItem(CHOSE);
    location.assign(link.href);
  };
  go();
  const standing = document.getElementById("standing");
  if (standing) new MutationObserver(go).observe(standing.parentElement, { childList: true });
})();
