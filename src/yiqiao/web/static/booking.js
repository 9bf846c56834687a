/* What a page about something under way does by itself: count down by the hub's clock, and show what has become of it. */
"use strict";

(() => {
  const ASK_AFTER_MS = 600;
  const SHORT_MS = 60_000;
  let since = performance.now();
  let asked = since;
  let asking = false;
  let over = false;
  const room = () => document.getElementById("standing");
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  if (!room()) return;

  // What is left was told in milliseconds when the page was made, so it does not matter what time the phone believes it is.
  const count = () => {
    const whole = room().dataset.timeLeftMs;
    const timer = room().querySelector(".timer");
    if (whole === undefined || !timer) return;
    const left = Number(whole) - (performance.now() - since);
    const counted = timer.querySelector("[data-counted]");
    const seconds = Math.max(0, Math.ceil(left / 1000));
    const [minutes, rest] = counted.querySelectorAll("b");
    minutes.textContent = String(Math.floor(seconds / 60));
    rest.textContent = String(seconds % 60);
    counted.hidden = false;
    timer.querySelector("[data-plain]").hidden = true;
    timer.toggleAttribute("data-late", left < SHORT_MS);
    if (left <= -ASK_AFTER_MS && !over && !document.hidden) {
      over = true;
      ask();
    }
  };

  const ask = async () => {
    if (asking) return;
    asking = true;
    asked = performance.now();
    const before = room();
    try {
      const address = new URL(before.dataset.standing, location.href);
      address.searchParams.set("seen", before.dataset.mark);
      const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(8000) });
      if (answer.status === 200) {
        const made = document.createElement("template");
        made.innerHTML = await answer.text();
        since = performance.now();
        over = false;
        before.replaceWith(made.content);
        document.title = room().querySelector("h1").textContent + document.title.replace(/^.*?(?= · )/, "");
        room().querySelector("h1").focus();
        count();
      } else if (answer.status !== 204 && answer.status < 500) {
        location.reload();
      }
    } catch {
      // No network for the moment: the next look asks again.
    } finally {
      asking = false;
    }
  };

  const tick = () => {
    count();
    const every = Number(room().dataset.askMs);
    if ((every && performance.now() - asked >= every) || (over && performance.now() - asked >= 3000)) {
      if (!document.hidden) ask();
    }
  };

  setInterval(tick, 250);
  tick();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask(); // a phone that slept may have stopped counting
  });
  window.addEventListener("online", ask);
})();
