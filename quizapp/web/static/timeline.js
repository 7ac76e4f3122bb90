// Steps through a timeline by buttons and arrow keys. The drawing and its words are there without this file.
"use strict";

{
  const points = (svg) => svg.dataset.cursors.trim().split(/\s+/).map((pair) => pair.split(",").map(Number));

  // In each size of the drawing: a line at the time and a ring around the lane.
  const moveCursor = (svg, place) => {
    const [x, y] = points(svg)[place] ?? [];
    const line = svg.querySelector("[data-cursor]");
    const spot = svg.querySelector("[data-spot]");
    for (const shape of [line, spot]) shape.setAttribute("visibility", x === undefined ? "hidden" : "visible");
    if (x === undefined) return;
    line.setAttribute("transform", `translate(${x} 0)`);
    spot.setAttribute("transform", `translate(${x} ${y})`);
    const region = svg.parentElement;
    const scale = svg.clientWidth / svg.viewBox.baseVal.width;
    const at = x * scale;
    if (at < region.scrollLeft + 40 || at > region.scrollLeft + region.clientWidth - 40) {
      region.scrollLeft = at - region.clientWidth / 2;
    }
  };

  const markLine = (program, number) => {
    if (!program) return null;
    $$(".cl.at", program).forEach((line) => line.classList.remove("at"));
    const line = number ? program.querySelector(`.cl[data-line="${number}"]`) : null;
    line?.classList.add("at");
    return line;
  };

  const setUp = (root) => {
    const steps = $$("[data-step]", root);
    if (!steps.length) return;
    const walk = root.querySelector("[data-walk]");
    const [back, forth] = [walk.querySelector("[data-back]"), walk.querySelector("[data-forth]")];
    const now = walk.querySelector("[data-now]");
    const program = root.dataset.program ? document.getElementById(root.dataset.program) : null;
    let place = -1;

    const go = (to) => {
      if (to < 0 || to >= steps.length) return;
      place = to;
      const step = steps[place];
      steps.forEach((each) => {
        each.classList.toggle("at", each === step);
        each === step ? each.setAttribute("aria-current", "step") : each.removeAttribute("aria-current");
      });
      now.replaceChildren(...[...step.childNodes].map((node) => node.cloneNode(true)));
      const line = markLine(program, step.dataset.line);
      if (line) {
        const copy = document.createElement("code");
        copy.append(...[...line.cloneNode(true).childNodes]);
        copy.normalize();
        now.append(copy);
      }
      walk.querySelector("[data-place]").textContent = `${place + 1} of ${steps.length}`;
      back.setAttribute("aria-disabled", place <= 0);
      forth.setAttribute("aria-disabled", place === steps.length - 1);
      $$("svg[data-cursors]", root).forEach((svg) => moveCursor(svg, place));
    };

    back.addEventListener("click", () => go(place - 1));
    forth.addEventListener("click", () => go(place + 1));
    root.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || isTyping(event.target)) return;
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      go(place + by);
    });
    walk.hidden = false;
  };

  $$("[data-timeline]", document).forEach(setUp);
}
