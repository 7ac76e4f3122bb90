// Comforts for a trainer's results: they follow what happens, a question opens in place, keys move.
"use strict";

{
  const EVERY = 5000; // milliseconds between two looks
  const main = $("main.results");
  const parts = () => $$("[data-part]");

  // -- swapping parts of the page for newer ones, with focus and scrolling where they were

  function swap(fresh) {
    const focused = document.activeElement;
    const spot = focused?.id || focused?.dataset?.at;
    for (const part of parts()) {
      const other = fresh.getElementById(part.id);
      if (!other || other.innerHTML === part.innerHTML) continue;
      part.replaceChildren(...other.childNodes);
    }
    const version = $("main", fresh)?.dataset.version;
    if (version) main.dataset.version = version;
    prepare();
    if (spot && !focused.isConnected) find(spot)?.focus({ preventScroll: true });
  }

  function find(spot) {
    return document.getElementById(spot) || $(`[data-at="${CSS.escape(spot)}"]`);
  }

  async function openItem(address, { push = true } = {}) {
    let fresh;
    try {
      fresh = await fetchPage(address);
    } catch {
      location.assign(address);
      return;
    }
    if (push) history.pushState(null, "", address);
    swap(fresh);
    const heading = $("#item-title");
    if (!heading) return;
    heading.focus({ preventScroll: true });
    const box = heading.getBoundingClientRect();
    if (box.top < 0 || box.bottom > innerHeight) heading.scrollIntoView({ block: "start" });
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-item]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    openItem(link.href);
  });
  if (main) addEventListener("popstate", () => openItem(location.href, { push: false }));

  // -- following what happens

  async function look() {
    if (document.visibilityState !== "visible") return;
    try {
      const state = await (await fetch(main.dataset.state)).json();
      if (state.version === main.dataset.version) return;
      if ("reload" in main.dataset) location.reload();
      else swap(await fetchPage(location.href));
    } catch {
      // out of reach for now: the next look may be luckier
    }
  }

  if (main?.dataset.state) {
    setInterval(look, EVERY);
    document.addEventListener("visibilitychange", look);
  }

  // -- moving in the matrix: one stop for the tab key, arrows for the rest

  function cells(grid) {
    return $$("tr", grid).map((row) => [...row.children]);
  }

  function target(cell) {
    return $("a", cell) || cell;
  }

  function prepare() {
    for (const grid of $$("[data-grid]")) {
      cells(grid).forEach((row, down) =>
        row.forEach((cell, across) => {
          const one = target(cell);
          one.tabIndex = -1;
          if (!one.id) one.dataset.at = `${row[0].firstElementChild?.id || `row-${down}`} ${across}`;
        }),
      );
      const first = grid.contains(document.activeElement) ? document.activeElement : $("a[aria-current]", grid) || $("a", grid);
      if (first) first.tabIndex = 0;
    }
  }

  const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

  function move(grid, cell, [down, across]) {
    const rows = cells(grid);
    const row = rows.findIndex((each) => each.includes(cell));
    const next = rows[row + down]?.[rows[row].indexOf(cell) + across];
    if (!next) return;
    for (const each of $$("[tabindex='0']", grid)) each.tabIndex = -1;
    const one = target(next);
    one.tabIndex = 0;
    one.focus();
    next.scrollIntoView({ block: "nearest", inline: "center" });
  }

  // On a cell, Enter opens the learner at that question.
  function openCell(grid, cell) {
    const row = cell.parentElement;
    const head = $("a", cells(grid)[0][[...row.children].indexOf(cell)]);
    const learner = $("th a", row);
    if (learner) location.assign(`${learner.href}${head ? `#q${head.textContent.slice(1)}` : ""}`);
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
    const grid = event.target.closest("[data-grid]");
    const cell = grid && event.target.closest("td, th");
    if (cell && MOVES[event.key]) {
      event.preventDefault();
      move(grid, cell, MOVES[event.key]);
      return;
    }
    if (cell && event.key === "Enter" && event.target === cell) {
      openCell(grid, cell);
      return;
    }
    if (!keysAreOn()) return;
    if (event.key === "[") follow("[rel=prev]");
    else if (event.key === "]") follow("[rel=next]");
    else if (/^[1-4]$/.test(event.key)) rate(Number(event.key));
  });

  // -- marking: a digit is the level of the point in focus, then the next point has its turn

  let point = 0;

  function rate(digit) {
    const points = $$("[data-marking] .points fieldset");
    if (!points.length) return;
    const focused = points.findIndex((each) => each.contains(document.activeElement));
    point = focused >= 0 ? focused : Math.min(point, points.length - 1);
    const level = $$("input[type=radio]", points[point])[digit - 1];
    if (!level) return;
    level.checked = true;
    const next = points[point + 1];
    const after = next ? $("input:checked", next) || $("input", next) : $("[data-marking] .primary");
    point += 1;
    after.focus();
  }

  if (main) prepare();
}
