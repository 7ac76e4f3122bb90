// Comforts of an exam and of an assignment: the clock, saving every change, and flags for later.
"use strict";

(() => {
  // Every change is kept on this device at once, and sent to the address of its question soon after.
  const SOON = 500;
  const form = $("[data-autosave]");
  let edit = 0;
  let entry = null; // the last change, until its form is sent
  let timer = 0;

  async function save() {
    clearTimeout(timer);
    if (!entry) return;
    const slow = setTimeout(() => say("Saving…"), 400);
    const reply = (await outbox.deliver()).get(entry?.key);
    clearTimeout(slow);
    if (reply?.fate === "kept") say("Saved");
    if (reply?.fate === "refused") location.assign(form.dataset.autosave);
  }
  if (form) {
    const changed = () => {
      if (form.dataset.sent) return;
      edit += 1;
      entry = outbox.hold(form, null, { autosave: "1", edit });
      clearTimeout(timer);
      timer = setTimeout(save, SOON);
    };
    const leave = () => { if (entry) outbox.send(entry, { keepalive: true }); };
    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    form.addEventListener("click", (event) => { if (event.target.closest(".move button")) changed(); });
    form.addEventListener("submit", () => {
      clearTimeout(timer);
      entry = null; // the button sends the same and more
    });
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); });
  }
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // The clock counts down to the server's deadline; it can be hidden, and stays so.
  const clock = $("[data-countdown]");
  if (clock) {
    const notice = $("[data-notice]");
    const end = Date.now() + Number(clock.dataset.left) * 1000;
    const total = Number(clock.dataset.total);
    const marks = [[60, "1 minute left."], [300, "5 minutes left."]].filter(([at]) => at < total);
    const NEWS = 15; // seconds for which a word stands, also on the next page
    const announce = (text) => { if (notice.textContent !== text) notice.textContent = text; };
    let isOver = false;
    const tick = async () => {
      const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      const share = 100 - (100 * left) / total;
      $("[data-ring]", clock).setAttribute("stroke-dasharray", `${Math.max(0, share)} 100`);
      $("[data-time]", clock).textContent = left ? `${minutesAndSeconds(left)} left` : "Time is up";
      if (left) announce(marks.find(([at]) => left <= at && left > at - NEWS)?.[1] ?? "");
      if (left) return;
      if (!isOver) {
        isOver = true;
        announce("Time is up. What you saved is handed in.");
        await save();
      }
      if (!outbox.waits()) location.assign(clock.dataset.over);
    };
    letHide(clock, (isHidden) => notice.classList.toggle("vh", !isHidden)); // who sees it needs no other word
    tick();
    setInterval(tick, 1000);
  }

  // Flags are for the learner alone: they stay on this device.
  const key = (attempt) => `quizapp-draft-flags-${attempt}`;
  const flags = (attempt) => new Set((keep.get(key(attempt)) ?? "").split(" ").filter(Boolean));
  const flag = $("[data-flag]");
  if (flag) {
    const { flag: attempt, place } = flag.dataset;
    const apply = () => {
      const isOn = flags(attempt).has(place);
      flag.setAttribute("aria-pressed", isOn);
      flag.textContent = isOn ? "Flagged for later" : "Flag for later";
    };
    flag.hidden = false;
    flag.addEventListener("click", () => {
      const all = flags(attempt);
      all.has(place) ? all.delete(place) : all.add(place);
      all.size ? keep.set(key(attempt), [...all].join(" ")) : keep.drop(key(attempt));
      apply();
    });
    apply();
    addEventListener("keydown", (event) => {
      if (event.key !== "f" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (!isTyping(event.target) && keysAreOn()) flag.click();
    });
  }
  for (const list of $$("[data-flags]")) {
    const all = flags(list.dataset.flags);
    for (const row of $$("[data-place]", list)) {
      if (!all.has(row.dataset.place)) continue;
      const tag = document.createElement("span");
      tag.className = "flagged";
      tag.textContent = "Flagged · ";
      $(".small", row)?.prepend(tag);
    }
  }
})();
