// Keeps the status page fresh: asks for the JSON, and swaps the parts of the page that changed.
"use strict";

(() => {
  const EVERY_MS = 20000;
  const LONGEST_MS = 300000;
  const source = document.documentElement.dataset.status;
  if (!source) {
    return;
  }
  let known = "";
  let failures = 0;
  let timer = 0;

  const withoutTime = (view) => JSON.stringify({ ...view, updated_at: null });

  const ago = (then, now) => {
    const seconds = Math.max(0, (now - then) / 1000);
    for (const [unit, length] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
      const number = Math.floor(seconds / length);
      if (number >= 1) {
        return `${number} ${unit}${number === 1 ? "" : "s"} ago`;
      }
    }
    return "just now";
  };

  const refreshTimes = () => {
    const now = Date.now();
    for (const time of document.querySelectorAll("time[data-ago]")) {
      const text = ago(Date.parse(time.dateTime), now);
      if (time.textContent !== text) {
        time.textContent = text;
      }
    }
  };

  const swap = (fresh) => {
    document.title = fresh.title;
    for (const part of fresh.querySelectorAll("[data-part]")) {
      const old = document.getElementById(part.id);
      if (!old) {
        // A part came or went: take the whole list it stands in.
        const list = document.getElementById(part.parentElement.id);
        if (list) {
          list.replaceChildren(...document.importNode(part.parentElement, true).children);
        }
      } else if (old.innerHTML !== part.innerHTML || old.className !== part.className) {
        const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
        const stateChanged = old.dataset.state !== part.dataset.state;
        const copy = document.importNode(part, true);
        if (stateChanged) {
          copy.classList.add("changed");
        }
        old.replaceWith(copy);
        if (focused) {
          copy.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
        }
      }
    }
    for (const old of document.querySelectorAll("[data-part]")) {
      if (!fresh.getElementById(old.id)) {
        old.remove();
      }
    }
    const sentence = fresh.querySelector("h1")?.textContent ?? "";
    const live = document.getElementById("live");
    if (live && live.dataset.said !== sentence) {
      if (live.dataset.said) {
        live.textContent = sentence;
      }
      live.dataset.said = sentence;
    }
  };

  const look = async () => {
    const answer = await fetch(source, { headers: { Accept: "application/json" }, cache: "no-cache" });
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    const view = await answer.json();
    const text = withoutTime(view);
    if (known !== text) {
      const page = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-cache" });
      if (!page.ok) {
        throw new Error(String(page.status));
      }
      swap(new DOMParser().parseFromString(await page.text(), "text/html"));
      known = text;
    }
    const updated = document.getElementById("updated");
    if (updated) {
      updated.dateTime = view.updated_at;
    }
  };

  const tick = async () => {
    clearTimeout(timer);
    if (document.hidden) {
      return;
    }
    try {
      await look();
      failures = 0;
    } catch {
      failures += 1;
    }
    refreshTimes();
    const wait = Math.min(EVERY_MS * 2 ** failures, LONGEST_MS) * (0.9 + Math.random() * 0.2);
    timer = setTimeout(tick, wait);
  };

  const live = document.getElementById("live");
  if (live) {
    live.dataset.said = document.querySelector("h1")?.textContent ?? "";
  }
  document.addEventListener("visibilitychange", tick);
  addEventListener("patchwarden:look", tick);
  timer = setTimeout(tick, EVERY_MS);
})();
