// A box that listens: what pushes and what invites is marked while one types, and what is typed is kept.

const FACES = {
  wary: "M16 30q8-6 16 0", // mouth
  neutral: "M16 29h16",
  open: "M15 27q9 9 18 0",
};

const STILL_TYPING = 2000; // ms since the last keystroke

function face(mood) {
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawn.setAttribute("viewBox", "0 0 48 48");
  drawn.setAttribute("class", `up-face ${mood}`);
  drawn.setAttribute("aria-hidden", "true");
  const brows = mood === "wary" ? "M14 17l7 2M34 17l-7 2" : "M14 16q3.500-2 7 0M27 16q3.500-2 7 0";
  for (const [shape, filled] of [["M24 4a20 20 0 1 0 .01 0z"], [brows], ["M17.500 21.500v1M30.500 21.500v1"], [FACES[mood]]]) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    for (const [key, value] of Object.entries({ d: shape, fill: filled ?? "none", stroke: "currentColor", "stroke-width": 2.4, "stroke-linecap": "round" })) path.setAttribute(key, value);
    drawn.append(path);
  }
  return drawn;
}

function heard(point, whole, sure = true) {
  const quoted = `“${point.words.length > 60 ? point.words.slice(0, 57) + "…" : point.words}”`;
  const line = el("li", { class: point.pushes ? "push" : "pull" }, el("b", {}, quoted), ` ${point.name}`);
  if (whole) {
    line.append(el("p", {}, `The buyer ${sure ? "hears" : "may hear"}: “${point.hears}” ${point.why}`));
    if (point.pushes) line.append(el("p", {}, el("b", { class: "up-try" }, "Try: "), point.instead));
  }
  return line;
}

/** What `reply` promises; should it take a while, `place` says so. */
async function patiently(place, reply) {
  const slow = setTimeout(() => place.replaceChildren(el("p", { class: "up-quiet" }, "Listening…")), 400);
  try { return await reply; } finally { clearTimeout(slow); }
}

/**
 * A box with marks, what the buyer thinks, and the words heard. `hear(text, well)` promises a reading: a quick
 * one for every keystroke, a good one when typing rests. `keep(text)` promises a reply; `item` is the name under
 * which the browser keeps what the course doesn't have yet.
 */
export function listeningBox({ item, id = `up-${item}`, label, rows = 2, placeholder, hear, keep, submit, replaced, changed }) {
  const behind = el("div", { class: "up-behind", "aria-hidden": "true" });
  const box = el("textarea", { id, rows, spellcheck: "true", autocomplete: "off", placeholder, "aria-describedby": `${id}-live` });
  const bubble = el("p", { class: "up-says" });
  const buyer = el("div", { class: "up-buyer" });
  const list = el("ul", { class: "up-heard", "aria-label": "What is heard in it" });
  const live = el("p", { id: `${id}-live`, class: "up-hidden", "aria-live": "polite" });
  const kept = el("span", { class: "up-kept up-quiet" });

  let explained = null; // the text whose points stand in full elsewhere
  function explain(text) {
    explained = text;
    if (box.value === text) list.replaceChildren();
  }

  function draw(reading) {
    behind.replaceChildren(...marked(box.value, reading.marks), "\u200b");
    list.replaceChildren(...(box.value === explained ? [] : reading.points.map((point) => heard(point, false))));
    bubble.replaceChildren(el("small", {}, "In the buyer's head"), reading.buyer);
    buyer.replaceChildren(face(reading.mood), bubble);
  }
  const speak = rested((reading) => {
    live.textContent = reading.points.map((p) => `${p.words}: ${p.pushes ? "pushes" : "invites"}, ${p.name}.`).join(" ") || `In the buyer's head: ${reading.buyer}`;
  }, 100);

  // One request at a time; while one is under way only the newest text waits.
  let busy = false, newest = null;
  async function hearIt() {
    newest = box.value;
    if (busy) return;
    busy = true;
    try {
      while (newest !== null) {
        const text = newest;
        newest = null;
        const reading = await hear(text, false);
        if (box.value === text) draw(reading);
      }
    } catch { newest = null; } finally { busy = false; }
  }
  const listenWell = rested(async () => {
    const text = box.value;
    const reading = await hear(text, true).catch(() => null);
    if (reading && box.value === text) { draw(reading); speak(reading); }
  }, 500);
  const words = keeper(box, item, keep, kept);
  whenBack(box, () => { if (unsaved.get(item) !== null) hearIt(); });
  // The same line in two tabs: the one that isn't typed in follows, and lets go of nothing.
  unsaved.elsewhere(item, box, (text) => {
    if (performance.now() - typed < STILL_TYPING) return;
    const before = box.value;
    box.value = text;
    if (before && !text.startsWith(before) && !before.startsWith(text)) replaced?.(before);
    behind.replaceChildren(text, "\u200b");
    hearIt();
  });
  let typed = -Infinity;
  box.addEventListener("input", () => {
    typed = performance.now();
    // Until the new reading is here, the old marks would sit on other words.
    behind.replaceChildren(box.value, "\u200b");
    hearIt();
    listenWell();
    changed?.();
  });
  // A notebook's shortcuts mustn't take the keys of somebody who is typing.
  for (const kind of ["keydown", "keyup", "keypress", "paste", "copy", "cut"]) box.addEventListener(kind, (event) => event.stopPropagation());
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit?.();
  });

  /** Fill the box: with what the browser kept, or else with `text`, whose reading may be known. */
  function fill(text, readings = []) {
    words.fill(text);
    const known = readings.find(([of]) => of === box.value);
    if (known) draw(known[1]);
    else { behind.replaceChildren(box.value, "\u200b"); draw({ marks: [], points: [], buyer: "…", mood: "neutral" }); hearIt(); }
  }
  return { box, draw, done: words.done, explain, fill, kept, list, nodes: [el("label", { class: "up-label", for: id }, label), el("div", { class: "up-field" }, behind, box), live, buyer] };
}
