/* What the pages do by themselves: copying, and the ring of a code that renews itself. No data leaves the hub. */
"use strict";

(() => {
  const say = (text) => {
    const place = document.getElementById("said");
    if (place) place.textContent = text;
  };

  const write = async (text) => {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea"); // plain HTTP from another machine: the browser offers no clipboard
    area.value = text;
    area.setAttribute("readonly", "");
    area.className = "unseen";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    await write(source.textContent.trim());
    const label = button.querySelector("span");
    const before = label.textContent;
    button.dataset.done = "";
    label.textContent = button.dataset.said;
    say(button.dataset.said);
    setTimeout(() => {
      delete button.dataset.done;
      label.textContent = before;
    }, 1600);
  });

  // The ring follows the hub's clock: what is left was told in milliseconds when the code was made.
  const RENEW_BEFORE_MS = 3000;
  const ASK_AGAIN_MS = 3000;
  const rings = new WeakMap();

  const tick = () => {
    const live = document.querySelector("[data-left-ms]");
    if (!live) return;
    const now = performance.now();
    if (!rings.has(live)) rings.set(live, { since: now, asked: -ASK_AGAIN_MS });
    const ring = rings.get(live);
    const whole = Number(live.dataset.lifeMs);
    const left = Number(live.dataset.leftMs) - (now - ring.since);
    const part = Math.max(0, Math.min(1, left / whole));
    live.querySelector(".ring circle:last-child").setAttribute("stroke-dashoffset", String(100 - 100 * part));
    live.querySelector(".ring b").textContent = String(Math.max(0, Math.ceil(left / 1000)));
    live.toggleAttribute("data-late", left <= 0);
    live.querySelector("[data-when-late]").hidden = left > 0;
    if (left < RENEW_BEFORE_MS && now - ring.asked >= ASK_AGAIN_MS && !document.hidden) {
      ring.asked = now;
      live.dispatchEvent(new CustomEvent("renew"));
    }
  };

  setInterval(tick, 500);
  document.addEventListener("DOMContentLoaded", tick);
  document.addEventListener("htmx:afterSettle", tick);
  document.addEventListener("visibilitychange", tick);

  // The same for what happens by itself at some time: counted down to nothing, and the page learns what came of it.
  const begun = new WeakMap();

  const count = () => {
    for (const place of document.querySelectorAll("[data-countdown-ms]")) {
      if (!begun.has(place)) begun.set(place, performance.now());
      const left = Number(place.dataset.countdownMs) - (performance.now() - begun.get(place));
      const whole = Math.max(0, Math.ceil(left / 1000));
      const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
      const two = (figure) => String(figure).padStart(2, "0");
      place.textContent = hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
    }
  };

  setInterval(count, 500);

  // Nobody looks: nobody needs to ask. And a console that is left alone must not keep its session awake by asking.
  const LEFT_ALONE_MS = 10 * 60 * 1000;
  let touched = performance.now();
  const touch = () => {
    touched = performance.now();
  };
  for (const name of ["pointerdown", "pointermove", "keydown", "wheel"]) {
    document.addEventListener(name, touch, { passive: true });
  }
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { verb, path } = event.detail.requestConfig;
    const alone = path.startsWith("/console") && performance.now() - touched > LEFT_ALONE_MS;
    if (verb === "get" && (document.hidden || alone)) event.preventDefault();
  });

  // J and K turn the pages of a message, and move down and up in a list; at its end J goes on to what is older.
  const move = (down) => {
    const links = [...document.querySelectorAll("[data-rows] tr.link a")];
    const at = links.indexOf(document.activeElement);
    const next = down ? links[at + 1] : links[Math.max(0, at - 1)];
    if (next) next.focus();
    else if (down && links.length) document.querySelector("a[data-older]")?.click();
  };

  // Filters stand open where there is room, and are folded on a phone, where the list would begin below the screen.
  const phone = matchMedia("(max-width: 719px)");
  const fold = () => {
    for (const part of document.querySelectorAll("[data-folds]")) part.open = !phone.matches;
  };
  fold();
  phone.addEventListener("change", fold);

  // The console's rail is longer than a phone is wide: begin with the room that one is in.
  const here = document.querySelector(".rail [aria-current]");
  if (here) here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - 24;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const key = event.key.toLowerCase();
    const link = document.querySelector(`a[data-key="${CSS.escape(key)}"]`);
    if (link) link.click();
    else if (key === "j" || key === "k") move(key === "j");
  });
})();
