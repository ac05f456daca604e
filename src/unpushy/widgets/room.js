// The room: what a phone, the big screen and the trainer's page show, and what they send.
// Each is told the whole of what it may see whenever that changes, and shows it anew where it differs.

const ROOM = "/course/room";
const SILENCE = 13000; // ms without a word from the room before the page says so
const ASK_EVERY = 2000; // ms between questions where the room can't send by itself
const FIRST_WORD = 6000; // ms that the room has to send something by itself
const LISTEN_AGAIN = 10000; // ms after which a page that has to ask tries to be sent things again
const MOST_LINES = 4, MOST_RESULTS = 2; // on the big screen at once: large type before many lines
const PAGE_OF_LINES = 10000; // ms that a page of answers stays on the big screen
const MEMORY = "unpushy:room"; // what a phone keeps: words that aren't sent yet
const STAGES = ["first", "talk", "second", "shown"];
const HEARD = ["pushes", "plain", "invites"], COUNTED = ["push", "neither", "invite"];

/** Put sections in their place, and make anew only those whose data have changed: [key, data, make(data)]. */
function arrange(parent, sections) {
  const had = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  sections.filter(Boolean).forEach(([key, data, make], place) => {
    const sign = JSON.stringify(data) ?? "";
    let node = had.get(key);
    had.delete(key);
    if (!node || node.sign !== sign) {
      const fresh = make(data);
      fresh.dataset.key = key;
      fresh.sign = sign;
      const focused = node?.contains(document.activeElement) && document.activeElement.dataset.at;
      if (node) node.replaceWith(fresh);
      if (focused) fresh.querySelector(`[data-at="${focused}"]`)?.focus();
      node = fresh;
    }
    if (parent.children[place] !== node) parent.insertBefore(node, parent.children[place] ?? null);
  });
  for (const node of had.values()) node.remove();
}

/** A name for a request, so that one which is sent twice is done once. (randomUUID needs https.) */
function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The room was deleted, and this phone's part of it goes as well. */
function forget() {
  try { localStorage.removeItem(MEMORY); } catch { /* private window */ }
}

/** Show what the room tells: as it is sent, or, where that doesn't get through, by asking. */
function follow(view, show) {
  const banner = el("div", { class: "up up-gone", role: "status", hidden: true },
    view === "phone"
      ? "Looking for the room. Write on: your words stay on this phone, and go out when the room is back."
      : "The room doesn't answer. If it was stopped, start it again in the terminal the same way: everyone is still seated.");
  document.body.append(banner);
  // `sent`: when the room last said something by itself; `answered`: when it last said anything.
  let sent = performance.now() - SILENCE + FIRST_WORD, answered = performance.now(), asked = 0, listened, source;
  const said = () => { sent = answered = performance.now(); };

  function listen() {
    source?.close();
    listened = performance.now();
    source = new EventSource(`${ROOM}/${view}/stream`);
    source.addEventListener("beat", said);
    source.onerror = () => { if (source.readyState === EventSource.CLOSED) ask(); };
    source.onmessage = (event) => { said(); show(JSON.parse(event.data)); };
  }
  async function ask() {
    const mine = (asked = performance.now());
    try {
      const reply = await fetch(`${ROOM}/${view}/now`, { cache: "no-store", signal: within(8000) });
      if (reply.status === 410) forget();
      if ([403, 410].includes(reply.status)) return location.reload();
      if (!reply.ok) return;
      const told = await reply.json();
      answered = performance.now();
      if (sent < mine) show(told); // else something newer has come by itself
    } catch { /* the banner tells */ }
  }
  setInterval(() => {
    const now = performance.now();
    if (now - sent > SILENCE && now - asked > ASK_EVERY) ask();
    if (source.readyState === EventSource.CLOSED && now - listened > LISTEN_AGAIN) listen();
    banner.hidden = now - answered < SILENCE + 4000 && source.readyState !== EventSource.CONNECTING || now - answered < 4000;
  }, 1000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  listen();
}

/** Send a request once, however often it takes; refused(words) if the room won't have it. */
async function send(path, request, xsrf, keepOn = () => true) {
  for (let wait = 500; keepOn(); wait = Math.min(wait * 1.6, 6000)) {
    try {
      const reply = await fetch(`${ROOM}/${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-XSRFToken": xsrf },
        body: JSON.stringify(request),
        signal: within(8000),
      });
      if (reply.ok) return {};
      if (reply.status === 403) return { refused: "The room doesn't know this page any more. Load it again, please." };
      const told = await reply.json().catch(() => ({}));
      if (reply.status !== 429 && reply.status < 500) return { refused: told.refused ?? "The room couldn't take that." };
      if (reply.status === 503 && told.refused && path === "do") return told;
    } catch { /* once more */ }
    await new Promise((done) => setTimeout(done, wait));
  }
  return {};
}

const VERDICTS = { pushes: "pushes", plain: "neither", invites: "invites" };
const quote = (text, more = "") => el("blockquote", { class: `room-line ${more}` }, el("p", {}, text));
const plural = (n, one, many) => `${n} ${n === 1 ? one : many}`;

/** A line with what pushes and what invites marked in it, and, in words, how it is heard. */
function heardLine(text, reading, before) {
  const grade = reading ? HEARD[reading.grade] : "";
  return el("div", { class: `room-heard ${grade}` },
    before ? el("p", { class: "room-before" }, before) : null,
    el("p", { class: "room-text" }, ...(reading ? marked(text, reading.marks) : [text])),
    reading ? el("p", { class: "room-verdict" }, el("b", {}, VERDICTS[grade]), reading.sure ? "" : " (not sure)") : null);
}

/** How many chose each thing, before and after: bars with their numbers. */
function bars(labels, tallies, heading) {
  const most = Math.max(1, ...tallies.first, ...tallies.second);
  const twice = tallies.second.some(Boolean);
  const bar = (count, when) => el("div", { class: `room-bar ${when}` },
    el("span", { class: "room-fill", style: `width:${(100 * count) / most}%` }), el("b", {}, String(count)));
  return el("div", { class: "room-bars" },
    heading ? el("h2", {}, heading) : null,
    twice ? el("p", { class: "up-quiet room-key" }, el("span", { class: "first" }), "before talking ", el("span", { class: "second" }), "after") : null,
    ...labels.map((label, n) => el("div", { class: "room-option" }, el("p", {}, label), bar(tallies.first[n], "first"), twice ? bar(tallies.second[n], "second") : null)));
}

/** A line's words, each as strongly marked as people marked it; those that the ear hears as pushing are underlined. */
function spotted(words, tallies, pushing) {
  const counts = tallies.second.some(Boolean) ? tallies.second : tallies.first;
  const most = Math.max(1, ...counts);
  return el("p", { class: "room-spotted" }, ...words.flatMap((word, n) => [
    el("span", { class: `room-word ${pushing?.includes(n) ? "push" : ""}`, style: `--share:${Math.round((100 * counts[n]) / most)}%` },
      word, counts[n] ? el("sup", {}, String(counts[n])) : null), " "]));
}

const ASKED = {
  own: "A line of your own",
  rewrite: "Say it so that they can say no",
  spot: "Which words push?",
  choose: "Which would you rather be told?",
  vote: "What does it do?",
  pair: "Improve each other's lines",
};
const SECOND_TIME = {
  own: "The same line, as you'd say it now",
  rewrite: "Once more, after what you heard",
  spot: "Once more: which words push?",
  choose: "And now: which would you rather be told?",
  vote: "And now: what does it do?",
  pair: "Yours came back. How would you say it?",
};
const asked = (round) => (round.stage === "second" ? SECOND_TIME : ASKED)[round.kind];

// The phone

function mountPhone(root, { xsrf, name, longest }) {
  const recall = () => { try { return JSON.parse(localStorage.getItem(MEMORY)) ?? {}; } catch { return {}; } };
  const memory = recall();
  const remember = () => { try { localStorage.setItem(MEMORY, JSON.stringify(memory)); } catch { /* private window */ } };
  let view = null, note = "", sending = null;

  /** What waits to be sent is kept by the phone, the newest of each try; one at a time is under way. */
  async function deliver() {
    if (sending || !memory.waiting) return;
    const mine = (sending = memory.waiting);
    draw();
    const told = await send("say", mine, xsrf, () => memory.waiting === mine);
    sending = null;
    if (memory.waiting === mine) {
      delete memory.waiting;
      if (mine.do === "answer" && !told.refused) memory.sent = { at: place(mine), value: mine.value };
      note = told.refused ?? "";
      remember();
    }
    draw();
    deliver();
  }
  const place = (one) => `${view?.room}:${one.round}:${one.stage}`;
  function say(what, value) {
    const { number, stage } = view.round;
    memory.waiting = { do: what, id: newId(), round: number, stage, value };
    note = "";
    remember();
    draw();
    deliver();
  }
  const here = () => `${view.room}:${view.round.number}:${view.round.stage}`;
  function mine() {
    if (memory.waiting?.do === "answer" && place(memory.waiting) === here()) return memory.waiting.value;
    if (view.round.mine !== null) return view.round.mine;
    return memory.sent?.at === here() ? memory.sent.value : null;
  }
  const under = () => memory.waiting?.do === "answer" && place(memory.waiting) === here();

  function writing(start) {
    const at = here();
    const box = el("textarea", { id: "line", rows: 4, maxlength: longest, spellcheck: "true", autocomplete: "off", enterkeyhint: "done", "aria-label": "Your line" });
    box.value = memory.draft?.at === at ? memory.draft.text : mine() ?? start ?? "";
    box.addEventListener("input", () => { memory.draft = { at, text: box.value }; note = ""; remember(); draw(); });
    return box;
  }
  const written = () => root.querySelector("#line")?.value.trim() ?? "";

  function form(round) {
    const start = round.kind !== "pair" ? (round.stage === "second" ? round.first : "") : round.stage === "first" ? round.theirs : round.offered?.[0] ?? round.own;
    if (round.kind === "pair" && round.stage === "first" && !round.theirs) {
      return el("p", { class: "room-wait" }, "There's no line for you in this round. You're in again in the next; until then, look at the big screen.");
    }
    return writing(start);
  }
  function words(round) {
    const at = here();
    const chosen = new Set(memory.draft?.at === at ? memory.draft.chosen : mine() ?? round.first ?? []);
    const box = el("div", { class: "room-words", role: "group", "aria-label": "Touch the words that push" });
    round.words.forEach((word, n) => {
      const button = el("button", { type: "button", "aria-pressed": String(chosen.has(n)), onclick: () => {
        chosen.has(n) ? chosen.delete(n) : chosen.add(n);
        button.setAttribute("aria-pressed", String(chosen.has(n)));
        memory.draft = { at, chosen: [...chosen].sort((a, b) => a - b) };
        note = "";
        remember();
        draw();
      } }, word);
      box.append(button);
    });
    return box;
  }
  const picked = () => (memory.draft?.at === here() && memory.draft.chosen) || mine() || view.round.first || [];

  function options(round) {
    const chosen = mine();
    return el("div", { class: "room-options", role: "group", "aria-label": asked(round) }, ...round.options.map((text, n) =>
      el("button", { type: "button", "data-at": n, "aria-pressed": String(chosen === n), onclick: () => say("answer", n) }, text)));
  }

  /** The bar below, in reach of a thumb: sending, and saying that one is stuck. */
  function actions(round) {
    const now = mine();
    const text = written();
    const chosen = JSON.stringify(picked());
    const same = round.kind === "spot" ? now !== null && JSON.stringify(now) === chosen : now !== null && now === text;
    const status = note || (under() ? "On its way…" : now === null ? "" : same || ["choose", "vote"].includes(round.kind) ? "It's in. You can still change it." : "Changed, and not sent yet.");
    const button = ["choose", "vote"].includes(round.kind) ? null : el("button", {
      type: "button", class: "up-main", "data-at": "send", disabled: same || (round.kind !== "spot" && !text),
      onclick: () => say("answer", round.kind === "spot" ? [...picked()] : written()),
    }, now === null ? "Send" : "Send again");
    const stuck = ["own", "rewrite", "pair"].includes(round.kind) && now === null && !round.stuck
      ? el("button", { type: "button", class: "up-plain", "data-at": "stuck", onclick: () => say("stuck") }, "I'm stuck") : null;
    if (!button && !status) return el("div", { class: "room-actions", hidden: true });
    return el("div", { class: "room-actions" },
      el("p", { class: note ? "room-note wrong" : "room-note", role: "status" }, status),
      button || stuck ? el("div", {}, stuck, button) : null);
  }

  function result(round) {
    if (["choose", "vote"].includes(round.kind)) return bars(round.options, round.tallies);
    if (round.kind === "spot") return el("div", {}, spotted(round.words, round.tallies, round.pushing), el("p", { class: "up-quiet" }, "The more people marked a word, the stronger its colour. What's underlined, the course's ear hears as pushing, too."));
    if (!round.last) return el("p", { class: "room-wait" }, "You have no line in this round. The room's lines are on the big screen.");
    return reading(round.heard, round.last, round.first !== round.last ? round.first : null, round.firstHeard);
  }
  function reading(heard, text, before, beforeHeard) {
    if (!heard) return el("p", { class: "room-wait" }, "The ear is listening…");
    return el("div", { class: "room-mine" },
      before ? el("div", {}, el("h2", {}, "Your first try"), heardLine(before, beforeHeard)) : null,
      el("div", {}, el("h2", {}, before ? "And now" : "Your line"), heardLine(text, heard)),
      el("p", { class: "room-buyer" }, el("small", {}, "In the buyer's head"), heard.buyer),
      heard.headline ? el("p", {}, heard.headline) : null,
      ...heard.points.filter((p) => p.pushes).map((p) => el("p", {}, el("b", {}, `“${p.words}”`), ` ${p.name}. Try: ${p.instead}`)));
  }

  function draw() {
    if (!view) return;
    const round = view.round;
    document.body.classList.toggle("asking", Boolean(round) && ["first", "second"].includes(round.stage));
    if (!round) {
      return arrange(root, [
        ["hello", [view.screen, view.lines], () => view.screen === "finale"
          ? el("section", {}, el("h1", {}, "That was it. Thank you."),
            ...(view.lines ?? []).flatMap((one) => [el("div", { class: "room-pair" }, el("p", { class: "room-before" }, one.before), el("p", { class: "room-after" }, one.after))]),
            el("p", {}, view.lines?.length ? "Your own lines, from the first try to the last. They're yours to take along: a screenshot will do." : "Thank you for being here."))
          : el("section", {}, el("h1", {}, `You're in, ${name}.`), el("p", { class: "up-lead" }, "Look at the big screen. Whatever there is to do comes here by itself."),
            el("p", { class: "up-quiet" }, "Nobody in the room sees your name beside what you write; only your trainer does."))],
      ]);
    }
    const open = ["first", "second"].includes(round.stage);
    const at = here();
    const pair = round.kind === "pair";
    arrange(root, [
      ["asked", [at], () => el("h1", {}, round.stage === "talk" ? "Talk about it" : round.stage === "shown" ? "What it came to" : asked(round))],
      round.situation && ["situation", round.situation, (text) => el("p", { class: "room-situation" }, text)],
      round.line && round.kind !== "spot" && !(pair && round.stage === "second") && ["line", round.line, (text) => quote(text)],
      round.kind === "own" && open && ["own", at, () => el("p", {}, round.stage === "first" ? "One sentence that you really say or write at work, just as it is." : "Keep what is true in it. Say it to somebody who may say no.")],
      pair && round.stage === "first" && round.theirs && ["theirs", at, () => el("p", {}, "Somebody in this room wrote the line below. Keep what's good about it, and make it a little better.")],
      pair && round.stage === "second" && round.own && ["back", [round.own, round.offered], ([own, offered]) => el("div", {}, el("h2", {}, "Yours"), quote(own, "mine"), offered?.length ? el("h2", {}, "What somebody made of it") : null, ...(offered ?? []).map((text) => quote(text, "mine")))],
      round.stage === "talk" && ["talk", round.mine ?? round.first, () => el("div", {}, el("p", { class: "up-lead" }, "Turn to somebody near you. What did you say, and why?"),
        typeof round.first === "string" ? el("div", {}, el("h2", {}, "Your line"), quote(round.first, "mine")) : null,
        typeof round.first === "number" ? el("p", {}, "You chose: ", el("b", {}, round.options[round.first])) : null)],
      open && ["box", [at, round.kind === "spot" || ["choose", "vote"].includes(round.kind) ? mine() : 0, round.kind === "pair" ? [round.theirs, round.offered] : 0],
        () => round.kind === "spot" ? words(round) : ["choose", "vote"].includes(round.kind) ? options(round) : form(round)],
      open && round.stuck && ["hint", round.hint, (hint) => {
        const told = el("p", { class: "room-hint" }, hint ?? "No hurry. Your trainer knows. Any first try will do, also half a sentence.");
        requestAnimationFrame(() => told.scrollIntoView({ block: "nearest" }));
        return told;
      }],
      open && round.heard && mine() === written() && ["heard", round.heard, (heard) => reading(heard, round.mine ?? "")],
      round.stage === "shown" && ["result", [round.tallies, round.heard, round.firstHeard, round.last], () => result(round)],
      open && !(pair && round.stage === "first" && !round.theirs) && ["actions", [at, mine(), note, under(), round.stuck, written(), memory.draft], () => actions(round)],
    ]);
  }

  follow("phone", (told) => {
    if (memory.room !== told.room) {
      for (const one of ["waiting", "draft", "sent"]) delete memory[one];
      memory.room = told.room;
      remember();
    }
    const before = view?.round && here();
    view = told;
    if (view.round && here() !== before) { note = ""; scrollTo(0, 0); }
    draw();
    deliver();
  });
}

// The big screen

function mountWall(root, told) {
  let view = null, page = 0, most = MOST_LINES;
  const stage = { first: "", talk: "Talk about it with your neighbour", second: "Second try", shown: "" };

  function start() {
    return el("section", { class: "wall-start" },
      el("img", { src: told.qr, alt: `Code to scan: ${told.url}`, class: "wall-qr" }),
      el("div", {}, el("h1", {}, "Come in with your phone"),
        el("p", {}, "Scan this, or open"), el("p", { class: "wall-address" }, told.address),
        el("p", {}, "The code is ", el("b", { class: "wall-code" }, told.code)),
        el("p", { class: "wall-quiet" }, "Any name will do. No e-mail, no account, no internet.")));
  }
  const small = () => el("div", { class: "wall-join" }, el("img", { src: told.qr, alt: "Code to scan, for latecomers" }), el("p", {}, told.address, el("br"), el("b", {}, told.code)));

  function card(one, revealed) {
    const length = one.text.length + (one.before?.length ?? 0);
    const size = length < 90 ? "short" : length < 220 ? "middling" : "long";
    return el("li", { class: `wall-card ${size}` }, revealed ? heardLine(one.text, one.reading, one.before) : el("p", { class: "room-text" }, one.text));
  }
  /** Featured lines alone; else all of them, newest first, a page at a time. */
  function lines(round) {
    const featured = round.answers.filter((one) => one.featured);
    const all = featured.length ? featured : [...round.answers].reverse();
    const each = Math.min(most, featured.length || round.stage === "shown" ? MOST_RESULTS : MOST_LINES);
    const pages = Math.max(1, Math.ceil(all.length / each));
    const at = page % pages;
    const shown = all.slice(at * each, at * each + each);
    const columns = shown.length <= MOST_RESULTS ? 1 : 2;
    return el("div", { class: "wall-lines" },
      el("ul", { class: `columns-${columns} ${featured.length ? "featured" : ""}` }, ...shown.map((one) => card(one, round.stage === "shown"))),
      pages > 1 ? el("p", { class: "wall-quiet" }, `${at + 1} of ${pages}`) : null);
  }
  function tally(answers) {
    const count = (grade) => answers.filter((one) => one.reading?.grade === grade).length;
    return el("p", { class: "wall-tally" }, ...HEARD.map((name, n) => el("span", { class: name }, el("b", {}, String(count(n))), ` ${COUNTED[n]}`)));
  }
  function finale({ counts, lines: all }) {
    const total = (row) => Math.max(1, row.reduce((a, b) => a + b));
    const strip = (label, row) => el("div", { class: "wall-strip" }, el("p", {}, label),
      el("div", { class: "wall-shares", role: "img", "aria-label": `${label}: ${row[0]} push, ${row[1]} neither, ${row[2]} invite` },
        ...HEARD.map((name, n) => row[n] ? el("span", { class: name, style: `flex-grow:${row[n] / total(row)}` }, `${row[n]} ${COUNTED[n]}`) : null)));
    const each = Math.min(most, 3), pages = Math.max(1, Math.ceil(all.length / each)), at = page % pages;
    return el("section", { class: "wall-finale" }, el("h1", {}, "Where we began, and where we are"),
      all.length ? el("div", {}, strip("First tries", counts.before), strip("Last tries", counts.after)) : el("p", {}, "Nobody has tried a line twice yet."),
      el("ul", {}, ...all.slice(at * each, at * each + each).map((one) => el("li", { class: "room-pair" }, el("p", { class: "room-before" }, one.before), el("p", { class: "room-after" }, one.after)))));
  }
  /** What people chose, and how the ear hears it: the two may well disagree. */
  function voted(round) {
    const heard = round.readings.map((one) => one && VERDICTS[HEARD[one.grade]]);
    const choose = round.kind === "choose";
    const labels = choose ? round.options.map((text, n) => `${"ABCD"[n]} ${text}`) : round.options;
    const said = choose ? heard.map((one, n) => `${"ABCD"[n]} ${one}`).join(" · ") : heard[0];
    return el("div", { class: "wall-body" }, bars(labels, round.tallies),
      heard.every(Boolean) ? el("p", { class: "wall-quiet" }, `How the course's ear hears it: ${said}`) : null);
  }
  function body(round) {
    if (round.stage === "shown") {
      if (round.kind === "spot") return spotted(round.words, round.tallies, round.pushing);
      if (round.tallies) return voted(round);
      return el("div", { class: "wall-body" }, tally(round.answers), lines(round));
    }
    if (round.kind === "choose") return el("ul", { class: "wall-lines columns-1" }, ...round.options.map((text, n) => el("li", { class: "wall-card" }, el("p", { class: "room-text" }, el("b", {}, `${"ABCD"[n]} `), text))));
    if (round.answers.length) return lines(round);
    const prompt = { own: "Nobody's line is shown here for now.", spot: "Touch the words on your phone.", vote: "It pushes · Neither · It invites" }[round.kind] ?? "The first lines will appear here, without names.";
    return el("p", { class: "wall-prompt" }, prompt);
  }
  /** As many lines at once as there is room for, a little smaller if need be; one that is very long, as small as it takes. */
  function draw() {
    for (most = MOST_LINES; most >= 1; most--) {
      for (const fit of [1, 0.85]) {
        lay(fit);
        if (!over()) return;
      }
    }
    most = 1;
    for (let fit = 0.75; over() && fit > 0.3; fit -= 0.1) root.style.setProperty("--fit", fit);
  }
  function over() {
    const middle = root.querySelector(".wall-middle");
    return middle && middle.scrollHeight > middle.clientHeight + 2;
  }
  function lay(fit) {
    const round = view.round;
    document.body.dataset.screen = view.screen;
    root.style.setProperty("--fit", fit);
    if (!round) {
      return arrange(root, view.screen === "finale"
        ? [["finale", [view.finale, page, most], () => el("div", { class: "wall-middle" }, finale(view.finale))]]
        : [["start", 0, start], ["here", view.here, (here) => el("p", { class: "wall-here", role: "status" }, here ? plural(here, "person is", "people are") + " here" : "Nobody is here yet")]]);
    }
    const trying = ["first", "second"].includes(round.stage);
    const size = round.stage === "shown" ? "quiet" : round.answers.length ? "small" : "";
    arrange(root, [
      ["top", [round.stage, round.kind], () => el("h1", {}, stage[round.stage] || (round.stage === "shown" ? "What it came to" : asked(round)), stage[round.stage] && trying ? el("small", {}, ` ${asked(round)}`) : null)],
      (round.line || round.situation) && round.kind !== "own" && !(round.kind === "spot" && round.stage === "shown") && ["line", [round.line, round.situation, size], () => el("div", { class: `wall-line ${size}` },
        round.situation ? el("p", { class: "room-situation" }, round.situation) : null, round.line ? quote(round.line) : null)],
      ["body", [round, page, most], () => el("div", { class: "wall-middle" }, body(round))],
      ["foot", [round.answered, view.here, trying], () => el("footer", { class: "wall-foot" }, small(), trying ? el("p", { class: "wall-count", role: "status" }, el("b", {}, String(round.answered)), ` of ${Math.max(view.here, round.answered)}`) : null)],
    ]);
  }
  setInterval(() => { page += 1; if (view) draw(); }, PAGE_OF_LINES);
  follow("wall", (now) => {
    if (now.round?.number !== view?.round?.number || now.round?.stage !== view?.round?.stage) page = 0;
    view = now;
    draw();
  });
}

// The trainer

function mountTrainer(root, told) {
  let view = null, note = "", came = 0, asks = 0;
  const choice = { kind: "rewrite", exercise: "", line: "", situation: "", options: ["", ""], marks: false, plan: told.planNames[0] ?? "" };
  const byId = new Map(told.exercises.map((one) => [one.id, one]));
  const names = { own: "A line of their own", rewrite: "Rewrite a line", spot: "Spot the push", choose: "Which would you rather be told?", vote: "Push, neither, invite?", pair: "Improve each other's" };

  async function act(request) {
    note = "";
    const { refused } = await send("do", { id: newId(), ...request }, told.xsrf, () => true);
    note = refused ?? "";
    draw();
  }
  const button = (label, request, more = {}) => el("button", { type: "button", "data-at": label, onclick: () => act(typeof request === "function" ? request() : request), ...more }, label); // what it asks for, or how that is found
  const clock = (minutes) => `${minutes < 0 ? "−" : ""}${Math.floor(Math.abs(minutes))}:${String(Math.floor((Math.abs(minutes) * 60) % 60)).padStart(2, "0")}`;

  function plan() {
    if (!view.clock) {
      const options = told.planNames;
      if (!options.length) return el("p", { class: "up-quiet" }, "The guide for trainers isn't here, so there is no plan with a clock. The lessons: ", told.lessons.map((one) => `${one.title} (${one.minutes} min)`).join(", "), ".");
      return el("div", { class: "plan-start" }, el("label", {}, "Plan ", select(options, choice.plan, (value) => { choice.plan = value; }, "plan")), button("Start the clock", () => ({ do: "clock", plan: choice.plan })));
    }
    const steps = told.plans[view.clock.plan], at = view.clock.step;
    const open = (id) => button(id, () => ({ do: "open", task: taskOf(byId.get(id), "rewrite") }), { class: "chip", title: `Open a rewrite of ${id}`, disabled: !byId.has(id) });
    const next = steps.findIndex((_, n) => n > at && !view.clock.leftOut.includes(n));
    const late = Math.round(view.clock.behind);
    return el("div", { class: "plan" },
      el("div", { class: "plan-now" }, el("p", { class: "plan-left", "data-since": came, "data-left": view.clock.left }),
        el("div", {}, el("p", { class: "plan-what" }, el("b", {}, steps[at].what), ` · ${steps[at].minutes} min`), el("p", { class: "up-quiet" }, steps[at].do, steps[at].screen && steps[at].screen !== "nothing" ? ` · Screen: ${steps[at].screen}` : ""), el("p", {}, ...steps[at].exercises.map(open)))),
      el("div", { class: "plan-next" },
        el("p", { class: late >= 10 ? "late" : "" }, late >= 1 ? `${plural(late, "minute", "minutes")} behind` : late <= -1 ? `${plural(-late, "minute", "minutes")} to spare` : "On time"),
        view.clock.leave_out !== null ? el("p", { class: "late" }, `Leave this out? “${steps[view.clock.leave_out].what}” `, button("Leave it out", { do: "leave out", step: view.clock.leave_out, yes: true })) : null,
        next > 0 ? el("p", {}, button("Next", { do: "step", to: next }), ` ${steps[next].what}`) : el("p", {}, "That's the last one.")),
      el("details", {}, el("summary", {}, "The whole plan"), el("ol", {}, ...steps.map((step, n) => el("li", { class: `${n === at ? "now" : ""} ${view.clock.leftOut.includes(n) ? "out" : ""}` },
        el("button", { type: "button", class: "up-plain", onclick: () => act({ do: "step", to: n }) }, `${Math.floor(step.start / 60)}:${String(step.start % 60).padStart(2, "0")} ${step.what}`), ` ${step.minutes}\u00a0min`,
        step.optional && n > at ? el("button", { type: "button", class: "up-plain", onclick: () => act({ do: "leave out", step: n, yes: !view.clock.leftOut.includes(n) }) }, view.clock.leftOut.includes(n) ? "take it in again" : "leave it out") : null)))));
  }
  function select(options, value, change, at, labels = options) {
    const made = el("select", { "data-at": at, onchange: () => change(made.value) }, ...options.map((one, n) => el("option", { value: one, selected: one === value }, labels[n])));
    return made;
  }
  const taskOf = (exercise, kind) => ({ kind, line: exercise.pushy, situation: exercise.situation, exercise: exercise.id, marks: choice.marks });

  function newRound() {
    const lessonsOf = [...new Set(told.exercises.map((one) => one.lesson))];
    const lines = el("select", { "data-at": "exercise", "aria-label": "A line of the course", onchange: () => {
      const one = byId.get(lines.value);
      Object.assign(choice, { exercise: lines.value, line: one?.pushy ?? "", situation: one?.situation ?? "" });
      if (one) choice.options = [one.pushy, one.models[0] ?? ""];
      asks += 1;
      draw();
    } }, el("option", { value: "" }, "A line of the course, or yours"), ...lessonsOf.map((lesson) => el("optgroup", { label: lesson }, ...told.exercises.filter((one) => one.lesson === lesson).map((one) =>
      el("option", { value: one.id, selected: one.id === choice.exercise }, `${one.id.slice(3)}: ${one.pushy.slice(0, 70)}`)))));
    const field = (label, value, change, rows) => {
      const box = el("textarea", { rows, maxlength: 1200, oninput: () => change(box.value) });
      box.value = value;
      return el("label", {}, label, box);
    };
    const kind = choice.kind;
    return el("form", { class: "room-new", onsubmit: (event) => { event.preventDefault(); const { plan: _, ...task } = choice; act({ do: "open", task: { ...task, options: kind === "choose" ? choice.options : [], line: kind === "choose" || kind === "own" ? "" : choice.line } }); } },
      el("h2", {}, "A new round"),
      el("label", {}, "What people do", select(Object.keys(names), kind, (value) => { choice.kind = value; asks += 1; draw(); }, "kind", Object.values(names))),
      kind === "pair" ? el("p", { class: "up-quiet" }, "Everybody gets a line that somebody wrote in the last rewrite.") : null,
      ["rewrite", "spot", "vote", "choose"].includes(kind) ? lines : null,
      ["rewrite", "spot", "vote", "choose"].includes(kind) ? field("Situation", choice.situation, (value) => { choice.situation = value; }, 3) : null,
      ["rewrite", "spot", "vote"].includes(kind) ? field("Line", choice.line, (value) => { choice.line = value; }, 2) : null,
      ...(kind === "choose" ? [0, 1].map((n) => field(`Line ${"AB"[n]}`, choice.options[n], (value) => { choice.options[n] = value; }, 2)) : []),
      ["rewrite", "own", "pair"].includes(kind) ? el("label", { class: "room-check" }, el("input", { type: "checkbox", checked: choice.marks, onchange: (event) => { choice.marks = event.target.checked; } }), "Phones show their own marks at once") : null,
      el("button", { class: "up-main", "data-at": "open" }, "Open it"));
  }
  function rounds() {
    return el("div", {}, el("h2", {}, "So far"), view.rounds.length ? el("ol", { class: "room-rounds" }, ...view.rounds.map((one) => el("li", {},
      el("p", {}, el("b", {}, names[one.kind]), ` · ${plural(one.answered, "person", "people")}`), one.line ? el("p", { class: "up-quiet clip" }, one.line) : null,
      one.number === view.round?.number ? el("p", { class: "up-quiet" }, "is on now") : el("p", {},
        STAGES.indexOf(one.stage) < 2 ? button("Second try", { do: "stage", round: one.number, to: "second" }, { class: "chip", "data-at": `second-${one.number}` }) : null,
        button(one.stage === "shown" ? "Show again" : "Take it up again", { do: "stage", round: one.number, to: one.stage }, { class: "chip", "data-at": `again-${one.number}` }))))) : el("p", { class: "up-quiet" }, "No round yet."));
  }
  function keep() {
    const sure = el("dialog", { class: "room-sure" }, el("h2", {}, "Delete everything?"), el("p", {}, "All answers, votes, names and what people did in lessons today go for good. Everybody has to join again."),
      el("p", {}, el("button", { type: "button", onclick: () => sure.close() }, "Keep it"), el("button", { type: "button", class: "room-delete", onclick: async () => { sure.close(); note = (await send("delete", { id: newId(), sure: true }, told.xsrf)).refused ?? "Everything is deleted."; draw(); } }, "Delete it all")));
    return el("div", { class: "room-keep" }, el("h2", {}, "At the end"),
      el("p", {}, button("Before and after, on the big screen", { do: "screen", to: "finale" })),
      el("p", {}, el("a", { href: `${ROOM}/share.html` }, "A page to share"), el("a", { href: `${ROOM}/answers.csv` }, "A table, without names"), el("a", { href: `${ROOM}/answers.csv?names=yes` }, "with names"), el("a", { href: `${ROOM}/paper`, target: "_blank" }, "Paper, to print")),
      el("p", {}, el("button", { type: "button", class: "room-delete", onclick: () => sure.showModal() }, "Delete everything…")), sure);
  }

  const NEXT = {
    first: [["talk", "Close, and talk about it"], ["second", "Straight to the second try"], ["shown", "Show what it came to"]],
    talk: [["second", "Second try"], ["shown", "Show what it came to"]],
    second: [["shown", "Show what it came to"]],
    shown: [],
  };
  const SAYS = { first: "First try is open", talk: "Closed; people talk", second: "Second try is open", shown: "Shown" };
  function control() {
    const round = view.round;
    if (!round) return el("div", { class: "room-control" }, el("h1", {}, view.screen === "finale" ? "Before and after is on the big screen" : "The start page is on the big screen"),
      el("p", {}, `Phones: `, el("b", {}, told.address), `, code `, el("b", {}, told.code), ". ", el("a", { href: `${ROOM}/wall`, target: "_blank" }, "Open the big screen")),
      view.screen === "finale" ? button("Back to the start page", { do: "screen", to: "start" }) : null);
    return el("div", { class: "room-control" },
      el("p", { class: "up-quiet" }, `Round ${round.number} · ${names[round.kind]} · ${SAYS[round.stage]}`, round.marks ? " · phones show their marks" : ""),
      round.line ? el("h1", {}, round.line) : round.options.length ? el("h1", {}, round.options.join(" / ")) : el("h1", {}, names[round.kind]),
      el("p", { class: "room-buttons" }, ...NEXT[round.stage].map(([to, label], n) => button(label, { do: "stage", round: round.number, to }, { class: n ? "" : "up-main" })), button("Start page", { do: "screen", to: "start" }, { class: "up-plain" })));
  }
  function figures() {
    const round = view.round;
    if (!round) return el("p", {}, plural(view.here.length, "person is here", "people are here"), view.here.length ? ": " : ".", view.here.join(", "));
    const open = ["first", "second"].includes(round.stage);
    return el("div", { class: "room-figures" },
      el("p", {}, el("b", {}, String(round.answered)), ` of ${Math.max(view.here.length, round.answered)} answered`),
      round.stuck.length ? el("p", { class: "late" }, el("b", {}, "Stuck: "), round.stuck.join(", ")) : null,
      open && round.waiting.length ? el("details", {}, el("summary", {}, `Not yet: ${round.waiting.length}`), round.waiting.join(", ")) : null,
      round.grades ? el("p", {}, ...["first", "second"].flatMap((stage) => round.grades[stage].some(Boolean) ? [el("span", { class: "room-grades" }, stage === "first" ? "First: " : "Second: ", ...HEARD.map((name, n) => el("span", { class: name }, `${round.grades[stage][n]} ${COUNTED[n]} `)))] : [])) : null,
      round.tactics?.length ? el("p", { class: "up-quiet" }, "Heard: ", round.tactics.map(([name, count]) => `${name} ${count}`).join(" · ")) : null,
      round.tallies ? (round.kind === "spot" ? spotted(round.words, round.tallies, round.pushing) : bars(round.options, round.tallies)) : null);
  }
  function row(one) {
    const round = view.round.number;
    return el("li", { class: `room-answer ${one.hidden ? "hidden" : ""}` },
      el("div", {}, el("p", { class: "up-quiet" }, el("b", {}, one.who), one.pushesAgain ? " · pushes both times" : "", one.tactics.length ? ` · ${one.tactics.join(", ")}` : ""), heardLine(one.value, one.reading, one.before)),
      el("p", { class: "room-picks" }, button(one.featured ? "Featured" : "Feature", { do: "pick", round, whose: one.who, what: "featured", yes: !one.featured }, { class: "chip", "aria-pressed": String(one.featured), "data-at": "feature" }),
        button(one.hidden ? "Show" : "Hide", { do: "pick", round, whose: one.who, what: "hidden", yes: !one.hidden }, { class: "chip", "aria-pressed": String(one.hidden), "data-at": "hide" }),
        ...["A", "B"].map((letter, n) => el("button", { type: "button", class: "chip", "data-at": letter, title: `Ask which they'd rather be told: this as line ${letter}`, onclick: () => toVote(n, one.value) }, `As ${letter}`))));
  }
  function toVote(n, text) {
    choice.kind = "choose";
    choice.options[n] = text;
    asks += 1;
    draw();
  }
  const left = el("aside", { class: "room-side" }), middle = el("section", { class: "room-middle" }), top = el("header", { class: "room-plan" });
  root.append(top, left, middle);

  function draw() {
    if (!view) return;
    arrange(top, [["plan", [view.clock && { ...view.clock, gone: 0, left: Math.round(view.clock.left * 2), behind: Math.round(view.clock.behind) }], plan]]);
    arrange(left, [["new", asks, newRound], ["rounds", [view.rounds, view.round?.number], rounds], ["keep", 0, keep]]);
    const answers = view.round && ["own", "rewrite", "pair"].includes(view.round.kind) ? view.round.answers : [];
    arrange(middle, [
      note && ["note", note, (text) => el("p", { class: "up-wrong", role: "alert" }, text)],
      ["control", [view.screen, view.round?.number, view.round?.stage], control],
      ["figures", [view.here, view.round && { ...view.round, answers: 0 }], figures],
      view.finale && ["finale", view.finale, ({ lines }) => el("p", {}, `${plural(lines.length, "line was", "lines were")} tried twice.`)],
      ["answers", 0, () => el("ul", { class: "room-answers" })],
    ]);
    arrange(middle.querySelector(".room-answers"), answers.map((one) => [one.who, [one, view.round.number], () => row(one)]));
  }
  setInterval(() => {
    const at = top.querySelector(".plan-left");
    if (!at) return;
    const left = Number(at.dataset.left) - (performance.now() - Number(at.dataset.since)) / 60000;
    at.textContent = clock(left);
    at.classList.toggle("late", left < 0);
  }, 500);
  follow("trainer", (now) => { view = now; came = performance.now(); draw(); });
}

const page = JSON.parse(document.getElementById("room-told").textContent);
({ phone: mountPhone, wall: mountWall, trainer: mountTrainer })[page.view](document.getElementById("room"), page);
