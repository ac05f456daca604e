// The editor: a line to rewrite, with what pushes and what invites marked while one types.

const FACES = {
  wary: "M16 30q8-6 16 0", // mouth
  neutral: "M16 29h16",
  open: "M15 27q9 9 18 0",
};

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

function heard(point, whole) {
  const quoted = `“${point.words.length > 60 ? point.words.slice(0, 57) + "…" : point.words}”`;
  const line = el("li", { class: point.pushes ? "push" : "pull" }, el("b", {}, quoted), ` ${point.name}`);
  if (whole) {
    line.append(el("p", {}, `The buyer hears: “${point.hears}” ${point.why}`));
    if (point.pushes) line.append(el("p", {}, el("b", { class: "up-try" }, "Try: "), point.instead));
  }
  return line;
}

/** Put an editor into `root`. `opening` is the reply to an "open" request, if the page already has it. */
export async function mountEditor(root, { ask, opening, prefill = "", label = "Say it your way", first }) {
  root.classList.add("up");
  opening ??= await ask({ do: "open" });
  if (opening.error) return root.append(el("p", { role: "alert" }, opening.error));
  const { item } = opening;
  const id = `up-${item}`;

  const behind = el("div", { class: "up-behind", "aria-hidden": "true" });
  const box = el("textarea", {
    id, rows: 3, spellcheck: "true", autocomplete: "off", placeholder: "What would you say instead?", "aria-describedby": `${id}-live`,
  });
  const bubble = el("p", { class: "up-says" });
  const buyer = el("div", { class: "up-buyer" });
  const list = el("ul", { class: "up-heard", "aria-label": "What is heard in it" });
  const live = el("p", { id: `${id}-live`, class: "up-hidden", "aria-live": "polite" });
  const verdict = el("div", { role: "status" });
  const hints = el("ol", { class: "up-hints", hidden: true });
  const others = el("div", { class: "up-others", hidden: true });
  const kept = el("span", { class: "up-kept up-quiet" });
  const check = el("button", { type: "button", class: "up-main" }, "What does the buyer hear?");
  const hint = el("button", { type: "button" }, "A hint");
  const show = el("button", { type: "button", hidden: !opening.others }, "How others said it");

  root.replaceChildren(
    el("section", { class: "up-editor", "aria-label": "A line to rewrite" },
      el("p", { class: "up-situation" }, opening.situation),
      el("blockquote", { class: "up-pushy" }, el("p", {}, ...marked(opening.pushy, opening.pushyReading.marks))),
      el("label", { class: "up-label", for: id }, label),
      el("div", { class: "up-field" }, behind, box),
      live, buyer, list,
      el("div", { class: "up-actions" }, check, opening.hints ? hint : null, show, kept),
      verdict, hints, others),
  );

  function draw(reading) {
    behind.replaceChildren(...marked(box.value, reading.marks), "\u200b");
    list.replaceChildren(...reading.points.map((point) => heard(point, false)));
    bubble.replaceChildren(el("small", {}, "In the buyer's head"), reading.buyer);
    buyer.replaceChildren(face(reading.mood), bubble);
  }
  const speak = rested((reading) => {
    live.textContent = reading.points.map((p) => `${p.words}: ${p.pushes ? "pushes" : "invites"}, ${p.name}.`).join(" ") || `In the buyer's head: ${reading.buyer}`;
  }, 600);

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
        const reading = await ask({ do: "hear", text });
        if (box.value === text) { draw(reading); speak(reading); }
      }
    } catch { newest = null; } finally { busy = false; }
  }
  async function keep() {
    const text = box.value;
    try {
      const reply = await ask({ do: "keep", text });
      if (reply.error) throw new Error(reply.error);
      unsaved.done(item, text);
      kept.textContent = "Kept";
    } catch (error) {
      kept.textContent = "Kept in this page only, for now";
    }
  }
  const keepSoon = rested(keep, 400);
  box.addEventListener("input", () => {
    unsaved.put(item, box.value);
    kept.textContent = "";
    // Until the new reading is here, the old marks would sit on other words.
    behind.replaceChildren(box.value, "\u200b");
    hearIt();
    keepSoon();
  });
  // A notebook's shortcuts mustn't take the keys of somebody who is typing.
  for (const kind of ["keydown", "keyup", "keypress", "paste", "copy", "cut"]) box.addEventListener(kind, (event) => event.stopPropagation());
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) check.click();
  });

  check.addEventListener("click", async () => {
    const text = box.value;
    let reply;
    try { reply = await ask({ do: "check", text }); } catch { return; }
    if (reply.error) return verdict.replaceChildren(el("p", { role: "alert" }, reply.error));
    unsaved.done(item, text);
    kept.textContent = "Kept";
    if (box.value === text) draw(reply.reading);
    list.replaceChildren();
    verdict.replaceChildren(
      el("div", { class: `up-verdict up-arrives${reply.passed ? " passed" : ""}` },
        el("h4", {}, reply.headline),
        el("ul", { class: "up-heard" }, ...reply.points.map((point) => heard(point, true)))),
    );
    show.hidden = !reply.others;
    first?.(reply);
  });

  let given = 0;
  hint.addEventListener("click", async () => {
    const { hint: words } = await ask({ do: "hint", number: given }).catch(() => ({}));
    if (!words) return;
    given += 1;
    hints.hidden = false;
    const line = el("li", { class: "up-arrives", tabindex: -1 }, words);
    hints.append(line);
    line.focus({ preventScroll: true });
    if (given >= opening.hints) hint.remove();
    else hint.textContent = "Another hint";
  });

  show.addEventListener("click", async () => {
    const { models } = await ask({ do: "others" }).catch(() => ({}));
    if (!models?.length) return;
    others.hidden = false;
    others.replaceChildren(
      el("h4", { tabindex: -1 }, "How others said it"),
      ...models.map((model) => el("blockquote", {}, model.line, " ", el("small", {}, model.voice))),
    );
    others.firstChild.focus({ preventScroll: true });
    show.hidden = true;
  });

  const waiting = unsaved.get(item);
  box.value = waiting ?? (opening.draft || prefill);
  if (box.value === opening.draft) draw(opening.reading);
  else if (box.value === opening.pushy) draw(opening.pushyReading);
  else { behind.replaceChildren(box.value, "\u200b"); draw({ marks: [], points: [], buyer: "…", mood: "neutral" }); hearIt(); }
  if (waiting !== null) keep();
}
