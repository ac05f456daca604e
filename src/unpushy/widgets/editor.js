// The editor: a line to rewrite, with what pushes and what invites marked while one types.

/** Put an editor into `root`. `opening` is the reply to an "open" request, if the page already has it. */
export async function mountEditor(root, { ask, opening, prefill = "", label = "Say it your way", first, lone }) {
  root.classList.add("up");
  opening ??= await ask({ do: "open" });
  if (opening.error) return root.append(el("p", { role: "alert" }, opening.error));
  const { item } = opening;
  const verdict = el("div", { class: "up-answer", role: "status" });
  const hints = el("ol", { class: "up-hints", hidden: true });
  const others = el("div", { class: "up-others", hidden: true });
  const check = el("button", { type: "button", class: "up-main" }, "What does the buyer hear?");
  const hint = el("button", { type: "button" }, "A hint");
  const show = el("button", { type: "button", hidden: !opening.others }, "Other ways to say it");
  const back = el("button", { type: "button", class: "up-plain", "aria-expanded": "false" });
  const earlier = el("ul", { class: "up-earlier", hidden: true, "aria-label": "What I said before" });
  const versions = [...opening.earlier];
  let checked = opening.earlier[0] ?? "";
  const field = listeningBox({
    item, label, placeholder: "What would you say instead?",
    hear: (text, well) => ask({ do: "hear", text, well }), keep: (text) => ask({ do: "keep", text }), submit: () => judge(),
    replaced: remember,
    changed: () => verdict.firstChild?.classList.toggle("up-former", field.box.value !== checked),
  });
  const editor = el("section", { class: "up-editor", "aria-label": "A line to rewrite" },
    el("p", { class: "up-situation" }, opening.situation),
    el("blockquote", { class: "up-pushy" }, el("p", {}, ...marked(opening.pushy, opening.pushyReading.marks))),
    ...field.nodes,
    // Each answer comes right below what asked for it.
    el("div", { class: "up-actions" }, check, verdict, opening.hints ? hint : null, show, back, field.kept),
    // What is heard stands below the buttons, so that they stay where they are while one types.
    field.list, earlier, hints, others);

  // Earlier words, newest first, each to be taken back by one click.
  function remember(text) {
    if (!text.trim() || versions.includes(text)) return;
    versions.unshift(text);
    versions.splice(8);
    list();
  }
  function list() {
    const former = versions.filter((text) => text !== field.box.value);
    back.hidden = !former.length;
    back.textContent = "What I said before";
    earlier.replaceChildren(...former.map((text) => el("li", {}, el("button", { type: "button", class: "up-plain", onclick: () => take(text) }, text))));
  }
  function take(text) {
    remember(field.box.value);
    field.box.value = text;
    field.box.dispatchEvent(new Event("input"));
    earlier.hidden = true;
    back.setAttribute("aria-expanded", "false");
    list();
    field.box.focus();
  }
  back.addEventListener("click", () => {
    list();
    earlier.hidden = !earlier.hidden;
    back.setAttribute("aria-expanded", String(!earlier.hidden));
  });

  let waiting = false;
  async function judge() {
    const text = field.box.value;
    let reply;
    try { reply = await patiently(verdict, ask({ do: "check", text })); } catch {
      waiting = true;
      return verdict.replaceChildren(el("p", { class: "up-quiet" }, "The course can't be reached just now. Your words are safe here, and are heard as soon as it is back."));
    }
    if (reply.error) return verdict.replaceChildren(el("p", { role: "alert" }, reply.error));
    field.done(text);
    remember(text);
    tell(text, reply);
    first?.(reply);
  }

  /** Show what was answered about a text. */
  function tell(text, reply) {
    checked = text;
    field.explain(text);
    if (field.box.value === text) field.draw(reply.reading);
    const proud = el("button", { type: "button", class: "up-plain", "aria-pressed": String(Boolean(reply.proud)) }, "I'm proud of this one");
    proud.addEventListener("click", async () => {
      const now = proud.getAttribute("aria-pressed") !== "true";
      const told = await ask({ do: "proud", text: now ? text : "" }).catch(() => ({}));
      if (told.kept) proud.setAttribute("aria-pressed", String(now));
    });
    verdict.replaceChildren(
      el("div", { class: `up-verdict${editor.isConnected ? " up-arrives" : ""}${reply.sure ? reply.passed ? " passed" : "" : " unsure"}` },
        el("p", { class: "up-quiet up-then" }, "About what you had before:"),
        el("h4", {}, reply.headline),
        el("ul", { class: "up-heard" }, ...reply.points.map((point) => heard(point, true, reply.sure))),
        ...reply.also.map((line) => el("p", { class: "up-quiet" }, line)),
        reply.passed && reply.sure && !lone ? el("p", {}, proud) : null),
    );
    verdict.firstChild.classList.toggle("up-former", field.box.value !== text);
    show.hidden = !reply.others || !others.hidden;
  }
  check.addEventListener("click", judge);
  whenBack(editor, () => { if (waiting) { waiting = false; judge(); } });
  // Who goes on to something else has finished a thought: the buyer answers it.
  editor.addEventListener("focusout", (event) => {
    const text = field.box.value.trim();
    if (event.target !== field.box || editor.contains(event.relatedTarget) || editor.querySelector("button:active") || !document.hasFocus()) return;
    if (text && text !== checked.trim() && text !== prefill.trim() && !connection.gone) judge();
  });

  let given = 0;
  hint.addEventListener("click", async () => {
    const { hint: words } = await ask({ do: "hint", number: given }).catch(() => ({}));
    if (!words) return;
    given += 1;
    hints.hidden = false;
    field.list.after(hints); // what was asked for last stands next to the buttons
    const told = el("li", { class: "up-arrives", tabindex: -1 }, words);
    hints.append(told);
    told.focus({ preventScroll: true });
    if (given >= opening.hints) hint.remove();
    else hint.textContent = "Another hint";
  });

  show.addEventListener("click", async () => {
    const { models } = await ask({ do: "others" }).catch(() => ({}));
    if (!models?.length) return;
    others.hidden = false;
    field.list.after(others);
    others.replaceChildren(
      el("h4", { tabindex: -1 }, "Other ways to say it"),
      ...models.map((model) => el("blockquote", {}, model.line, " ", el("small", {}, model.voice))),
    );
    others.firstChild.focus({ preventScroll: true });
    show.hidden = true;
  });

  field.fill(opening.draft || prefill, [[opening.draft, opening.reading], [opening.pushy, opening.pushyReading]]);
  if (opening.verdict) tell(opening.draft, opening.verdict);
  list();
  root.replaceChildren(editor);
}
