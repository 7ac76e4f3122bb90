// Comforts on top of pages that work without this file: keys, ordering by buttons, answers that survive a bad
// connection, focus on the verdict.
"use strict";

const KEYS_OFF = "quizapp-keys-off";
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// What stays on this device, as long as its storage is not blocked.
const keep = {
  get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
  set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* storage is blocked */ } },
  drop: (key) => { try { localStorage.removeItem(key); } catch { /* storage is blocked */ } },
};

// The page at an address, to take parts from. Its scripts don't run, and no text is turned into HTML here, which
// the content security policy forbids.
function fetchPage(address) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.responseType = "document";
    request.onload = () => (request.status < 400 && request.response ? done(request.response) : fail(request.status));
    request.onerror = fail;
    request.open("GET", address);
    request.send();
  });
}

function keysAreOn() {
  return !keep.get(KEYS_OFF);
}

function isTyping(target) {
  return target.closest("textarea, select, input:not([type=radio]):not([type=checkbox])") !== null;
}

// A digit means the option at that place, or in a program to choose from the line with that number.
function choose(digit) {
  const line = $$("[data-ask] .line").find((each) => $(".ln", each).textContent === digit);
  const input = line ? $("input", line) : $(`[data-ask] .opt #answer-${digit}`);
  if (!input || input.disabled) return;
  input.checked = input.type === "checkbox" ? !input.checked : true;
  input.focus();
  input.dispatchEvent(new Event("change", { bubbles: true })); // as a click does: what saves changes listens
}

function follow(selector) {
  const link = $(selector);
  if (link) link.click();
}

// In a group review the arrows turn the pages, except where they scroll or play.
function turn(event) {
  if (!$("[data-review]") || event.target.closest("[data-timeline], pre")) return;
  if (event.key === "ArrowRight") follow($("[data-skip]") ? "[data-skip]" : "[data-next]");
  else follow("[data-prev]");
}

function programText() {
  const choosable = $$(".line").map((line) => $("code", line)?.textContent ?? "");
  if (choosable.length) return choosable.join("\n");
  const copy = $("pre code")?.cloneNode(true);
  if (copy) $$(".ln", copy).forEach((number) => number.remove());
  return copy?.textContent;
}

async function copyCode() {
  const text = programText();
  if (!text || !navigator.clipboard) return;
  await navigator.clipboard.writeText(text);
  say("Copied");
}

function say(text) {
  const status = $("[data-saved]");
  if (status && status.textContent !== text) status.textContent = text;
}

// A clock can be hidden, and stays so; `changed` is told whether it is.
function letHide(clock, changed = () => {}) {
  const button = $("[data-hide-clock]", clock);
  const isHidden = () => keep.get("quizapp-clock") === "hidden";
  const apply = () => {
    $("[data-shown]", clock).hidden = isHidden();
    button.textContent = isHidden() ? "Show the clock" : "Hide the clock";
    changed(isHidden());
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    isHidden() ? keep.drop("quizapp-clock") : keep.set("quizapp-clock", "hidden");
    apply();
  });
  apply();
}

function minutesAndSeconds(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

const ACTIONS = {
  ArrowRight: turn,
  ArrowLeft: turn,
  n: () => follow("[data-next], [data-continue]"),
  h: () => $("[data-hint]")?.click(),
  p: copyCode,
  r: () => follow("[data-report]"),
  "?": () => location.assign("/keys"),
  Escape: () => follow("[data-close]"),
};

document.addEventListener("keydown", (event) => {
  const checks = event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.closest("[data-ask]");
  if (checks && !event.isComposing) {
    event.preventDefault();
    checks.requestSubmit($(".primary", checks)); // from any field, where Enter alone means something else
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const form = $("[data-ask]");
  const isUnsure = event.key === "Enter" && event.shiftKey && event.target.matches("[data-ask] input");
  if (isTyping(event.target) && !isUnsure) return;
  if (form && event.key === "Enter" && !event.target.closest("a, button, summary")) {
    event.preventDefault();
    form.requestSubmit($(event.shiftKey ? "[name=unsure]" : ".primary", form));
    return;
  }
  if (!keysAreOn()) return;
  if (/^[1-9]$/.test(event.key)) choose(event.key);
  else if (ACTIONS[event.key]) ACTIONS[event.key](event);
});

// Ordering: the numbers become the places of a list that buttons move.
for (const list of $$("[data-ordering]")) {
  const status = document.createElement("p");
  status.className = "vh";
  status.setAttribute("role", "status");
  list.after(status);
  const steps = () => $$("li", list);
  let touched = steps().every((step) => $("select", step).value);
  if (touched) {
    steps()
      .sort((a, b) => $("select", a).value - $("select", b).value)
      .forEach((step) => list.append(step));
  }
  // The form counts steps as they were shown, so the selects stay in that order inside it.
  const selects = $$("select", list).sort((a, b) => a.id.localeCompare(b.id, undefined, { numeric: true }));
  const renumber = () =>
    steps().forEach((step, index, all) => {
      $(".num", step).textContent = index + 1;
      const [up, down] = $$(".move button", step);
      up.setAttribute("aria-disabled", index === 0);
      down.setAttribute("aria-disabled", index === all.length - 1);
    });
  const move = (step, by) => {
    const all = steps();
    const to = all.indexOf(step) + by;
    if (to < 0 || to >= all.length) return;
    touched = true;
    by < 0 ? all[to].before(step) : all[to].after(step);
    renumber();
    status.textContent = `Now step ${to + 1} of ${all.length}`;
  };
  for (const step of steps()) {
    const text = $("span", step).textContent;
    $("select", step).hidden = true;
    const number = document.createElement("span");
    number.className = "num";
    step.prepend(number);
    const buttons = document.createElement("span");
    buttons.className = "move";
    for (const [label, sign, by] of [
      ["Move up", "↑", -1],
      ["Move down", "↓", 1],
    ]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = sign;
      button.setAttribute("aria-label", `${label}: ${text}`);
      button.addEventListener("click", () => {
        move(step, by);
        button.focus();
      });
      buttons.append(button);
    }
    step.append(buttons);
  }
  const how = $("#how");
  if (how) how.textContent = "Put the steps in order, the first on top.";
  renumber();
  list.closest("form").addEventListener("formdata", (event) => {
    const unsure = event.formData.has("unsure");
    const order = steps().map((step) => $("select", step));
    event.formData.delete("answer");
    for (const select of selects) {
      event.formData.append("answer", unsure && !touched ? "" : String(order.indexOf(select) + 1));
    }
  });
}

// After an answer the reader is at the verdict; after a mistake in the form, at what to mend.
const spot = $("#problem") || $("[data-verdict]");
if (spot && !location.hash) spot.focus({ preventScroll: Boolean($("#problem")) });

const keysSwitch = $("[data-keys-switch]");
if (keysSwitch) {
  keysSwitch.hidden = false;
  const box = $("[data-keys-on]");
  box.checked = keysAreOn();
  box.addEventListener("change", () => {
    box.checked ? keep.drop(KEYS_OFF) : keep.set(KEYS_OFF, "yes");
    box.checked = keysAreOn();
  });
}

// Copy buttons. Where a page may not use the clipboard, as on plain http in a classroom, the text is selected.
for (const button of $$("[data-copies]")) {
  const field = $(button.dataset.copies);
  const status = $("[data-copied]", button.parentElement);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      status.textContent = "Copied";
    } catch {
      field.focus();
      field.select();
      status.textContent = "The link is selected: copy it with Ctrl+C or ⌘C.";
    }
  };
  button.hidden = false;
  button.addEventListener("click", copy);
  field.addEventListener("focus", () => field.select());
}
