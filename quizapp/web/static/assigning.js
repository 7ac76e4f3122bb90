// Comforts for trainers on top of pages that work without this file: the time zone, live words and sums.
"use strict";

(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  for (const field of $$("[data-zone], #zone")) field.value ||= zone;

  // What the rules mean, said anew after each change.
  const rules = $("[data-rules]");
  if (rules) {
    $("[data-look]").hidden = true;
    let asked = 0;
    let isPressed = false;
    addEventListener("pointerdown", () => { isPressed = true; });
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => { isPressed = false; });
    rules.addEventListener("change", async () => {
      const number = ++asked;
      const typed = new URLSearchParams(new FormData(rules));
      try {
        const means = $("#means", await fetchPage(`${rules.getAttribute("action")}?${typed}`));
        while (isPressed) await new Promise((done) => setTimeout(done, 100)); // else the button moves away
        if (means && number === asked) $("#means").replaceChildren(...means.childNodes);
      } catch { /* offline: saving tells */ }
    });
  }

  // The questions and points of a quiz while numbers are typed.
  const build = $("[data-build]");
  build?.addEventListener("input", () => {
    let [count, points] = [0, 0];
    for (const row of $$(".building-rows > li", build)) {
      const n = Number($("[data-n]", row)?.value ?? 1) || 0;
      count += n;
      points += n * (Number($("[data-weight]", row).value.replace(",", ".")) || 0);
    }
    $("[data-count]", build).textContent = count;
    $("[data-points]", build).textContent = Math.round(points * 1000) / 1000;
  });
})();
