// The outbox, which goes with quizapp.js to learners' pages. What is sent on a question's form is kept on this
// device first, and sent under the id that came with the page; it is sent again until the server has said what
// became of it, and then forgotten.
"use strict";

const outbox = (() => {
  const PREFIX = "quizapp-outbox-";
  const GUEST = "guest"; // what has no account goes to the account that signs in, as on the server
  const MOST = 200; // entries
  const LONGEST = 60_000; // characters of one
  const KEPT_FOR = 30 * 24 * 3600e3; // of an owner who never comes back
  const PATIENCE = 15e3; // for one request
  const LONGEST_WAIT = 30e3;
  const region = $("[data-outbox]");
  const { owner } = region.dataset;
  const loose = new Map(); // changes, where storage is blocked
  const FATES = {
    kept: ["This question was answered before, perhaps in another tab.", "That answer counts. This one was not counted."],
    behind: ["That question is behind you.", "What you answered there before counts."],
    late: ["An answer came after the time.", "It was kept, and your trainer can see it."],
  };

  const drop = (key) => { loose.delete(key); keep.drop(key); };
  const stored = (key) => {
    try { return loose.get(key) ?? JSON.parse(keep.get(key)); } catch { return null; } // not of our making
  };
  function keys() {
    try {
      return [...Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)), ...loose.keys()];
    } catch {
      return [...loose.keys()];
    }
  }
  const everything = () => keys().map(stored).filter(Boolean);
  const isOwn = (entry) => owner !== "" && [owner, GUEST].includes(entry.owner); // a page of trouble names nobody
  const own = () => everything().filter(isOwn).sort((a, b) => a.at - b.at);
  const waiting = () => own().filter((each) => !each.fate);

  function put(entry) {
    const text = JSON.stringify(entry);
    try {
      if (text.length > LONGEST || keys().length >= MOST) return false;
      localStorage.setItem(entry.key, text);
      return true;
    } catch {
      return false; // storage is blocked or full
    }
  }

  // What a form sends, kept under the id of its step. Null where it can't be kept; then it goes as without this.
  function hold(form, submitter, more = {}) {
    const fields = new FormData(form, submitter);
    if (submitter?.name && !fields.has(submitter.name)) fields.append(submitter.name, submitter.value); // older browsers
    for (const [name, value] of Object.entries(more)) fields.set(name, value);
    const { pathname, search } = new URL(form.getAttribute("action") ?? "", location.href);
    const kind = fields.has("autosave") ? "change" : fields.has("answer") || fields.has("words") || fields.has("unsure") ? "answer" : "press";
    const to = pathname + search;
    const key = `${PREFIX}${owner}-${fields.get("step") ?? to}`;
    const entry = { key, owner, to, kind, at: Date.now(), body: new URLSearchParams(fields).toString() };
    if (put(entry)) return entry;
    if (kind === "change") loose.set(key, entry);
    return kind === "change" ? entry : null;
  }

  async function send(entry, { keepalive = false } = {}) {
    const control = new AbortController();
    const timer = setTimeout(() => control.abort(), PATIENCE);
    try {
      const reply = await fetch(entry.to, {
        method: "POST",
        body: new URLSearchParams(entry.body),
        headers: { Outbox: entry.owner },
        keepalive,
        signal: control.signal,
      });
      const fate = reply.headers.get("Outbox");
      if (fate === "kept") return { fate, to: reply.headers.get("Location") };
      if (fate === "refused") return { fate, status: reply.status, says: await words(reply) };
      if (reply.status === 401) return { fate: "signin" };
      return { fate: "busy", isAll: reply.status === 503, wait: 1000 * Number(reply.headers.get("Retry-After")) || 0 };
    } catch {
      return { fate: "offline", isAll: true };
    } finally {
      clearTimeout(timer);
    }
  }
  async function words(reply) {
    const isTold = reply.headers.get("Content-Type")?.startsWith("application/json");
    const { title, text } = isTold ? await reply.json() : { title: "An answer can’t be read", text: "Open its page, and answer once more." };
    return [title, text];
  }

  // One tab at a time: by a lock, or by a lease on plain http, where browsers have no locks. Should both fail,
  // the ids still make it once.
  const LEASE = "quizapp-sending";
  const tab = Math.random().toString(36).slice(2);
  const pause = (time) => new Promise((done) => setTimeout(done, time));
  async function alone(work) {
    if (navigator.locks) {
      const control = new AbortController();
      const timer = setTimeout(() => control.abort(), 2 * PATIENCE);
      const locked = () => { clearTimeout(timer); return work(); };
      return navigator.locks.request(LEASE, { signal: control.signal }, locked).catch((error) => {
        if (error.name !== "AbortError") throw error;
        return work();
      });
    }
    const lease = () => keep.set(LEASE, `${tab} ${Date.now() + PATIENCE}`);
    const isOurs = () => (keep.get(LEASE) ?? tab).startsWith(tab);
    for (;;) {
      if (isOurs() || Number(keep.get(LEASE).split(" ")[1]) < Date.now()) {
        lease();
        await pause(20 + 20 * Math.random()); // whoever wrote last has it
        if (isOurs()) break;
      }
      await pause(100);
    }
    const renewing = setInterval(lease, PATIENCE / 3);
    try {
      return await work();
    } finally {
      clearInterval(renewing);
      keep.drop(LEASE);
    }
  }

  let here = null; // what was sent on this page, which goes on to where the answer leads
  let round = null;
  let isWanted = false;
  let trouble = "";
  let failures = 0;
  let timer = 0;
  let sent = [];
  let isTouched = false;
  let isFirst = true;

  // Send all that waits, oldest first; gives what became of each.
  function deliver() {
    isWanted = true;
    clearTimeout(timer);
    round ??= (async () => {
      const replies = new Map();
      while (isWanted) {
        isWanted = false;
        await alone(() => sendAll(replies));
      }
      return replies;
    })().finally(() => {
      round = null;
      isFirst = false;
      show();
    });
    return round;
  }
  async function sendAll(replies) {
    const stuck = new Set(); // what comes later in a set waits for what came first
    const setOf = (entry) => /[0-9a-f-]{36}/.exec(entry.to)?.[0] ?? entry.key;
    let wait = 0;
    trouble = "";
    for (;;) {
      const entry = waiting().find((each) => !stuck.has(setOf(each))) ?? (isLost() ? here.entry : null);
      if (!entry) break;
      const reply = await send(entry);
      replies.set(entry.key, reply);
      if (reply.fate === "kept" || reply.fate === "refused") {
        settle(entry, reply);
        continue;
      }
      trouble = reply.fate;
      wait = Math.max(wait, reply.wait ?? 0);
      stuck.add(setOf(entry));
      if (reply.isAll || isLost()) break;
    }
    failures = trouble ? failures + 1 : 0;
    if (!trouble || trouble === "signin") return;
    const backoff = Math.min(LONGEST_WAIT, 1000 * 2 ** (failures - 1));
    timer = setTimeout(deliver, Math.max(wait, backoff / 2) + (backoff / 2) * Math.random());
  }
  // Another tab may have sent what was sent here; where it leads, the server says once more.
  const isLost = () => here !== null && !here.isDone && stored(here.entry.key) === null;

  function settle(entry, reply) {
    const isHere = here?.entry.key === entry.key && entry.kind !== "change";
    if (stored(entry.key)?.body === entry.body) drop(entry.key); // else it was changed meanwhile, and goes again
    if (isHere) return finish(reply);
    if (reply.fate === "refused") return tell(entry, reply.says);
    if (entry.kind === "change") return;
    if (isFirst && !isTouched && entry.to === location.pathname + location.search) return location.replace(reply.to);
    const fate = Object.keys(FATES).find((name) => new URL(reply.to, location.href).searchParams.has(name));
    if (fate) tell({ ...entry, to: reply.to }, FATES[fate]);
    else sent.push(reply.to);
  }
  const tell = (entry, fate) => put({ ...entry, fate });

  function finish(reply) {
    here.isDone = true;
    if (reply.fate === "kept") return location.assign(reply.to);
    freeze(here.form, false);
    if (reply.status === 413) { // the form stays as it is, to be shortened
      tell({ ...here.entry, body: "" }, reply.says);
      delete here.form.dataset.sent;
    } else sendPlain(here.form, here.submitter); // the server's page says what is wrong
  }
  function sendPlain(form, submitter) {
    if (submitter?.name) {
      const field = document.createElement("input");
      field.type = "hidden";
      [field.name, field.value] = [submitter.name, submitter.value];
      form.append(field);
    }
    HTMLFormElement.prototype.submit.call(form);
  }
  function freeze(form, isFrozen) {
    const hadFocus = form.contains(document.activeElement);
    for (const each of form.elements) each.disabled = isFrozen;
    if (isFrozen && hadFocus) $("[data-send-now]").focus();
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches("[data-ask], [data-send]")) return;
    if (form.dataset.sent) { // a form is sent once
      event.preventDefault();
      if (here) deliver();
      return;
    }
    form.dataset.sent = "yes";
    setTimeout(() => { if (!trouble) say("Saving…"); }, 400);
    const entry = hold(form, event.submitter);
    if (!entry) return;
    event.preventDefault();
    here = { entry, form, submitter: event.submitter, isDone: false };
    deliver();
  });

  // -- what is seen of it

  const LEADS = {
    busy: "The server is busy.",
    offline: "The server can’t be reached.",
    signin: "Please sign in again.",
  };
  function show() {
    const waits = waiting();
    const isWaiting = waits.length > 0 && trouble !== "";
    if (isWaiting) say(`${waits.length} waiting`);
    else if ($("[data-saved]")?.textContent.endsWith("waiting")) say("Saved");
    const news = isWaiting ? waitingNews(waits) : sent.length ? sentNews() : othersNews();
    region.hidden = !news && !own().some((each) => each.fate);
    if (news) showNews(news, isWaiting);
    else $("[data-send-now]")?.closest(".ban").remove();
    if (isWaiting && here && !here.isDone && !here.form.querySelector(":disabled")) freeze(here.form, true);
    showFates();
  }
  function showNews(news, isWaiting) {
    let ban = $("[data-send-now]")?.closest(".ban");
    if (!ban) {
      ban = clone("[data-news]");
      region.prepend(ban);
      $("[data-send-now]").addEventListener("click", deliver);
    }
    ban.className = `ban ${isWaiting ? "hold" : "ok"}`;
    $("[data-send-now]").hidden = !isWaiting;
    $("[data-sign-in]").hidden = !isWaiting || trouble !== "signin";
    const see = $("[data-see]");
    see.hidden = isWaiting || sent.length !== 1;
    if (sent.length === 1) see.href = sent[0];
    speak(ban, news);
  }
  const clone = (template) => $(template).content.firstElementChild.cloneNode(true);
  // A live region speaks of what changes in it while it is there.
  function speak(ban, [lead, rest]) {
    const [strong, span] = [$("b", ban), $("[data-rest]", ban)];
    if (strong.textContent === lead && span.textContent === rest) return;
    setTimeout(() => [strong.textContent, span.textContent] = [lead, rest], 50);
  }
  function waitingNews(waits) {
    const count = waits.filter((each) => each.kind !== "press").length;
    const what = count > 1 ? `${count} answers are` : count ? "1 answer is" : "What you pressed is";
    if (trouble === "signin") return [LEADS.signin, `${what} kept on this device, and sent once you have signed in.`];
    const lead = trouble === "offline" && !navigator.onLine ? "You are offline." : LEADS[trouble];
    return [lead, `${what} kept on this device, and sent by itself as soon as that works. You can close this page.`];
  }
  const sentNews = () => ["All answers are saved.", `${sent.length} ${sent.length === 1 ? "was" : "were"} sent just now.`];
  function othersNews() {
    if (!$("[data-signs-in]") || everything().every(isOwn)) return null;
    return ["An answer is kept on this device.", "It is sent once whoever gave it has signed in."];
  }
  function showFates() {
    const told = own().filter((each) => each.fate);
    $$("[data-fate]").forEach((each) => { if (!told.some((entry) => entry.key === each.dataset.fate)) each.remove(); });
    for (const entry of told) {
      if ($$("[data-fate]").some((each) => each.dataset.fate === entry.key)) continue;
      const ban = clone("[data-fates]");
      ban.dataset.fate = entry.key;
      region.append(ban);
      speak(ban, entry.fate);
      const fields = new URLSearchParams(entry.body);
      const typed = [...fields.getAll("answer"), ...fields.getAll("words")].filter((text) => text.length > 3).join("\n");
      if (typed) $("pre", ban).textContent = typed;
      else $("details", ban).remove();
      $("a", ban).href = entry.to;
      $("button", ban).addEventListener("click", () => { drop(entry.key); show(); });
    }
  }

  // -- when it is tried again, and when it is cleared

  function clear() {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX) || key.startsWith("quizapp-draft-")) localStorage.removeItem(key);
    }
  }
  const tryNow = () => { if (waiting().length || isLost()) deliver(); };
  function begin() {
    const ENDING = "quizapp-signs-out";
    try {
      if ($("[data-erased]") || (sessionStorage.getItem(ENDING) && owner === GUEST)) clear();
      sessionStorage.removeItem(ENDING);
    } catch { /* storage is blocked, so nothing was kept there */ }
    for (const each of everything()) if (each.at < Date.now() - KEPT_FOR) drop(each.key);
    $("[data-signs-out]")?.addEventListener("submit", async (event) => {
      const form = event.target;
      try { sessionStorage.setItem(ENDING, "yes"); } catch { /* as above */ }
      if (form.dataset.warned || !waiting().length) return;
      event.preventDefault();
      form.dataset.warned = "yes";
      await deliver();
      if (!waiting().length) return sendPlain(form);
      $("[data-warning]", form).textContent = "Not all of your answers are sent yet. Signing out removes them from this device. Press again to sign out.";
    });
    document.addEventListener("input", () => { isTouched = true; }, { once: true });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) tryNow(); });
    addEventListener("online", tryNow);
    addEventListener("offline", show);
    addEventListener("storage", (event) => {
      if (!event.key?.startsWith(PREFIX)) return;
      isLost() ? deliver() : show();
    });
    addEventListener("pageshow", (event) => { if (event.persisted && $("[data-sent]")) location.reload(); });
    show();
    tryNow();
  }
  return { begin, hold, send, deliver, waits: () => waiting().length > 0 };
})();

outbox.begin();
