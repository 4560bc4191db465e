"use strict";
// Copies what an event says exactly: on the page itself, signs that can't be seen stand as escapes.
for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (!source || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText("value" in source ? source.value : source.textContent);
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1500);
  });
}
