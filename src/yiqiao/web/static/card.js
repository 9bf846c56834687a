/* The citizen's card: its code is renewed before it runs out, and the screen stays awake while it is shown. */
"use strict";

(() => {
  const room = document.querySelector("[data-card]");
  if (!room) return;
  const RENEW_BEFORE_MS = 8000;
  const ASK_AGAIN_MS = 3000;
  const navigation = performance.getEntriesByType("navigation")[0];
  let since = navigation ? navigation.requestStart : performance.now();
  let asked = -ASK_AGAIN_MS;
  let asking = false;

  // What is left was told in milliseconds, so the phone's own clock plays no part; counted from when it was asked for,
  // since the way back takes its time too.
  const left = (live) => Number(live.dataset.codeLeft) - (performance.now() - since);

  const renew = async () => {
    if (asking) return;
    asking = true;
    asked = performance.now();
    try {
      const answer = await fetch(room.dataset.card, { cache: "no-store", signal: AbortSignal.timeout(8000) });
      if (answer.status === 401) return location.reload();
      if (!answer.ok) return;
      const made = document.createElement("template");
      made.innerHTML = await answer.text();
      since = asked;
      room.querySelector("[data-code-left]").replaceWith(made.content);
      tick();
    } catch {
      // No network for the moment: the next look asks again, and the page says so once the code has run out.
    } finally {
      asking = false;
    }
  };

  const tick = () => {
    const live = room.querySelector("[data-code-left]");
    const rest = left(live);
    const part = Math.max(0, Math.min(1, rest / Number(live.dataset.codeLife)));
    live.querySelector(".ring circle:last-child").setAttribute("stroke-dashoffset", String(100 - 100 * part));
    live.querySelector(".ring b").textContent = String(Math.max(0, Math.ceil(rest / 1000)));
    live.toggleAttribute("data-late", rest <= 0);
    live.querySelector(".renews").hidden = rest <= 0;
    live.querySelector("[data-when-late]").hidden = rest > 0;
    if (rest < RENEW_BEFORE_MS && performance.now() - asked >= ASK_AGAIN_MS && !document.hidden) renew();
  };

  const stayAwake = () => navigator.wakeLock?.request("screen").catch(() => {});

  setInterval(tick, 500);
  tick();
  stayAwake();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    stayAwake();
    renew(); // a phone that slept may have stopped counting
  });
  window.addEventListener("online", renew);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) renew();
  });
})();
