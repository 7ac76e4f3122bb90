// Comforts of the interview pages: the clock, drafts that survive a reload, a partner's marks, and speech.
"use strict";

(() => {
  // The clock only counts; it can be hidden, and stays so.
  const clock = $("[data-clock]");
  if (clock) {
    const text = $("[data-time]", clock);
    const began = Date.now() - Number(clock.dataset.spent) * 1000;
    const show = () => {
      const seconds = Math.max(0, Math.floor((Date.now() - began) / 1000));
      $("[data-ring]", clock).setAttribute("stroke-dasharray", `${Math.min(100, seconds / clock.dataset.minutes / 0.6)} 100`);
      text.textContent = `${minutesAndSeconds(seconds)} of ${clock.dataset.minutes}:00`;
    };
    if (!("paused" in clock.dataset)) {
      show();
      setInterval(show, 1000);
    }
    letHide(clock);
  }

  // What is typed is kept on this device until a page shows that the server has it.
  const draft = (of) => `quizapp-draft-${of}`;
  for (const each of $$("[data-kept]")) keep.drop(draft(each.dataset.kept));
  for (const form of $$("form[data-interview]")) {
    const field = $("[data-draft]", form);
    if (!field) continue;
    const key = draft(form.dataset.interview);
    if (!field.value) field.value = keep.get(key) ?? "";
    field.addEventListener("input", () => keep.set(key, field.value));
  }

  // A partner's marks arrive without a reload by hand.
  const watch = $("[data-watch]");
  if (watch) {
    let known = watch.dataset.state;
    setInterval(async () => {
      if (document.hidden || $("textarea:focus, input:focus")) return;
      try {
        const answer = await fetch(watch.dataset.watch, { headers: { Accept: "text/plain" } });
        if (!answer.ok) return;
        const state = await answer.text();
        if (known && state !== known) location.replace(location.pathname + location.search);
        known = state;
      } catch { /* offline: the next try may succeed */ }
    }, 3000);
  }

  addEventListener("keydown", (event) => {
    const says = event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing;
    if (says && event.target.matches("#words")) return $("button[value=say]").click();
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isTyping(event.target) || !keysAreOn()) return;
    if (event.key === "s") $("button[value=say]")?.click();
  });

  // Speech, off until it is asked for, and only with voices and recognisers of this device.
  const read = $("[data-read-aloud]");
  if (read && "speechSynthesis" in window) {
    const voice = () => speechSynthesis.getVoices().find((each) => each.localService && each.lang.startsWith("en"));
    const offer = () => { read.hidden = !voice(); };
    offer();
    speechSynthesis.addEventListener?.("voiceschanged", offer);
    read.addEventListener("click", () => {
      if (speechSynthesis.speaking) return speechSynthesis.cancel();
      const words = new SpeechSynthesisUtterance($$("[data-say]").map((each) => each.textContent).join(" "));
      words.voice = voice();
      speechSynthesis.speak(words);
    });
  }
  const Recognition = window.SpeechRecognition;
  const dictate = $("[data-dictate]");
  if (dictate && Recognition && "processLocally" in Recognition.prototype && Recognition.available) {
    Recognition.available({ langs: ["en-US"], processLocally: true }).then((state) => {
      if (state !== "available") return;
      dictate.hidden = false;
      let listener = null;
      dictate.addEventListener("click", () => {
        if (listener) return listener.stop();
        listener = new Recognition();
        listener.processLocally = true;
        listener.continuous = true;
        listener.lang = "en-US";
        listener.onresult = (event) => {
          const field = $("#words");
          field.value = `${field.value} ${event.results[event.results.length - 1][0].transcript}`.trim();
          field.dispatchEvent(new Event("input"));
        };
        listener.onend = () => {
          listener = null;
          dictate.setAttribute("aria-pressed", "false");
        };
        listener.start();
        dictate.setAttribute("aria-pressed", "true");
      });
    }, () => {});
  }
})();
