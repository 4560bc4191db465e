"use strict";

/* The live tail: asks for what came while somebody looks, and rests while the tab is hidden or the server is away. */
const tail = document.querySelector("[data-tail]");
if (tail) {
  const EVERY = 2000, LONGEST = 30000;
  const list = document.getElementById("lines"), most = Number(list.dataset.most);
  const pause = tail.querySelector("[data-pause]"), trouble = tail.querySelector("[data-trouble]");
  const words = { pause: pause.textContent, resume: pause.dataset.resume };
  let wait = EVERY, timer = 0, ended = false, busy = false;

  const poll = () => {
    clearTimeout(timer);
    if (!document.hidden && !ended && !busy) { busy = true; htmx.trigger(tail, "poll"); }
  };
  const later = () => { clearTimeout(timer); if (!ended) timer = setTimeout(poll, wait); };
  const say = (text) => { trouble.textContent = text || ""; trouble.hidden = !text; };

  tail.addEventListener("submit", (event) => event.preventDefault());
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.requestConfig.elt === tail && event.detail.xhr.status >= 400) { event.detail.shouldSwap = false; }
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.requestConfig.elt !== tail) { return; }
    const status = event.detail.xhr ? event.detail.xhr.status : 0;
    busy = false;
    ended = status >= 400 && status < 500;
    wait = status >= 200 && status < 400 ? EVERY : Math.min(2 * wait, LONGEST);
    say(ended ? trouble.dataset.gone : wait > EVERY ? trouble.dataset.away : "");
    later();
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    while (list.children.length > most) { list.lastElementChild.remove(); }
  });
  document.addEventListener("visibilitychange", poll);
  pause.addEventListener("click", () => {
    const paused = !tail.elements.paused.value;
    tail.elements.paused.value = paused ? "1" : "";
    pause.textContent = paused ? words.resume : words.pause;
    poll();
  });
  pause.hidden = false;
  later();
}

/* A scan asks for its next part by itself; whoever stops it can go on by a link. */
const rest = (scan) => {
  scan.querySelector("[data-next]").hidden = false;
  scan.querySelector("[data-stop]")?.remove();
};
document.addEventListener("click", (event) => {
  const scan = event.target.closest("[data-stop]")?.closest("[data-scan]");
  if (scan) { scan.parentElement.dataset.stopped = "1"; rest(scan); }
});
document.body.addEventListener("htmx:beforeRequest", (event) => {
  const scan = event.detail.elt.closest("[data-scan]");
  if (scan?.parentElement.dataset.stopped) { event.preventDefault(); rest(scan); }
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const scan = event.detail.requestConfig.elt.closest("[data-scan]");
  if (scan && event.detail.xhr.status >= 400) { event.detail.shouldSwap = false; rest(scan); }
});
