"use strict";
// What the pages do beside links and forms, all of which work without it. Bound to the document: parts are replaced.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (type, selector, act) =>
    document.addEventListener(type, (event) => {
      const found = event.target.closest?.(selector);
      if (found) act(event, found);
    });

  // Dark and light: kept in a cookie, so that the server's next page has it from the start.
  const dark = () =>
    (document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  on("click", "[data-theme-toggle]", () => {
    const theme = dark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `auditsearch_theme=${theme}; path=/; max-age=31536000; samesite=lax${secure}`;
  });

  const settle = () => {
    for (const button of $$("[data-theme-toggle]")) button.hidden = false;
    if (matchMedia("(max-width: 56rem)").matches) for (const fold of $$(".side > .fold")) fold.open = false;
  };
  settle();
  document.addEventListener("htmx:afterSwap", settle);

  // An address says only what was asked; a choice in a list is sent at once.
  document.addEventListener("formdata", (event) => {
    if (event.target.id !== "ask") return;
    event.formData.set("q", event.formData.get("q").trim());
    for (const [name, value] of [...event.formData]) {
      if (value === "" && !name.includes(".")) event.formData.delete(name);
    }
    if (event.formData.get("sort") === "-timestamp") event.formData.delete("sort");
  });
  on("change", "[data-send]", (_event, field) => field.form.requestSubmit());

  // The bars are one stop of the Tab key; arrows go from one to the next.
  on("keydown", ".chart .bar", (event, bar) => {
    const bars = $$(".bar", bar.closest("svg"));
    const to = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = to && bars[bars.indexOf(bar) + to];
    if (!next) return;
    event.preventDefault();
    bar.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  });

  // Keys of the page, while nobody types.
  const typing = (element) => element.matches("input, select, textarea, [contenteditable]");
  const step = (by) => {
    const texts = $$(".lines .text");
    const here = texts.indexOf(document.activeElement?.closest?.(".line")?.querySelector(".text"));
    const next = texts[here < 0 ? (by > 0 ? 0 : texts.length - 1) : here + by];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  const keys = {
    "/": () => $("#q")?.focus(),
    j: () => step(1),
    k: () => step(-1),
    n: () => $(".pages .next")?.click(),
    "?": () => $("#help > summary")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      for (const details of $$(".help[open], .keep[open]")) details.open = false;
    } else if (keys[event.key] && !typing(event.target)) {
      event.preventDefault();
      keys[event.key]();
    }
  });
  document.addEventListener("click", (event) => {
    for (const details of $$(".help[open], .keep[open]")) if (!details.contains(event.target)) details.open = false;
  });

  // The box: a combobox over what the server says may stand at the cursor. Places count characters, not UTF-16 units.
  let asked = null;
  let timer = 0;
  let offer = null;
  const letters = (text) => Array.from(text);
  const list = () => $("#choices");
  const options = () => $$("[role=option]", list());
  const chosen = () => options().find((option) => option.getAttribute("aria-selected") === "true");

  const close = (box) => {
    clearTimeout(timer);
    asked?.abort();
    offer = null;
    if (list()) list().hidden = true;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };

  const choose = (box, option) => {
    for (const each of options()) each.setAttribute("aria-selected", String(each === option));
    if (option) {
      box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else box.removeAttribute("aria-activedescendant");
  };

  const take = (box, option) => {
    const [text] = offer.candidates[options().indexOf(option)];
    const typed = letters(box.value);
    const done = text.endsWith(":") || text.endsWith(".");
    const head = typed.slice(0, offer.start).join("") + text + (done ? "" : " ");
    box.value = head + typed.slice(offer.end).join("").replace(done ? /^$/ : /^ /, "");
    box.setSelectionRange(head.length, head.length);
    close(box);
    if (done) ask(box);
  };

  const show = (box) => {
    list().replaceChildren(
      ...offer.candidates.map(([, shown], number) => {
        const option = document.createElement("li");
        option.id = `choice-${number}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.textContent = shown;
        return option;
      }),
    );
    list().hidden = !offer.candidates.length;
    box.setAttribute("aria-expanded", String(!list().hidden));
  };

  // A fault is marked while somebody types only where he has gone on from it.
  const mark = (box, wrong) => {
    const said = $("#problem");
    const typed = letters(box.value);
    const at = letters(box.value.slice(0, box.selectionStart)).length;
    const tell = wrong && at > wrong.end && wrong.end > wrong.start;
    said.hidden = !tell;
    box.toggleAttribute("aria-invalid", false);
    if (!tell) return;
    box.setAttribute("aria-invalid", "true");
    const place = document.createElement("code");
    const part = document.createElement("mark");
    place.className = "place";
    part.textContent = typed.slice(wrong.start, wrong.end).join("");
    place.append(typed.slice(0, wrong.start).join(""), part, typed.slice(wrong.end).join(""));
    said.replaceChildren(place, document.createTextNode(wrong.reason));
  };

  const ask = async (box) => {
    asked?.abort();
    asked = new AbortController();
    const text = box.value;
    const at = letters(text.slice(0, box.selectionStart)).length;
    try {
      const address = `${box.dataset.complete}?${new URLSearchParams({ q: text, at })}`;
      const answer = await fetch(address, { signal: asked.signal, headers: { Accept: "application/json" } });
      if (!answer.ok || text !== box.value || document.activeElement !== box) return;
      offer = await answer.json();
      show(box);
      mark(box, offer.wrong);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };

  on("input", "#q", (_event, box) => {
    close(box);
    timer = setTimeout(() => ask(box), 120);
  });
  on("focusout", "#q", (_event, box) => close(box));
  on("mousedown", "#choices [role=option]", (event, option) => {
    event.preventDefault();
    take($("#q"), option);
  });
  on("keydown", "#q", (event, box) => {
    const open = !list().hidden;
    const all = options();
    const here = all.indexOf(chosen());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return void ask(box);
      const by = event.key === "ArrowDown" ? 1 : -1;
      const next = here < 0 ? (by > 0 ? 0 : all.length - 1) : here + by;
      choose(box, all[next]);
    } else if ((event.key === "Enter" || event.key === "Tab") && open && here >= 0) {
      event.preventDefault();
      take(box, all[here]);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      close(box);
    } else if (event.key === "Enter") close(box);
  });
  on("submit", "#ask", () => $("#q") && close($("#q")));
})();
