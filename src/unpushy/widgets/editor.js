// The editor: a line to rewrite, with what pushes and what invites marked while one types.

/** Put an editor into `root`. `opening` is the reply to an "open" request, if the page already has it. */
export async function mountEditor(root, { ask, opening, prefill = "", label = "Say it your way", first }) {
  root.classList.add("up");
  opening ??= await ask({ do: "open" });
  if (opening.error) return root.append(el("p", { role: "alert" }, opening.error));
  const { item } = opening;
  const verdict = el("div", { role: "status" });
  const hints = el("ol", { class: "up-hints", hidden: true });
  const others = el("div", { class: "up-others", hidden: true });
  const check = el("button", { type: "button", class: "up-main" }, "What does the buyer hear?");
  const hint = el("button", { type: "button" }, "A hint");
  const show = el("button", { type: "button", hidden: !opening.others }, "How others said it");
  const field = listeningBox({
    item, label, placeholder: "What would you say instead?",
    hear: (text) => ask({ do: "hear", text }), keep: (text) => ask({ do: "keep", text }), submit: () => check.click(),
  });

  root.replaceChildren(
    el("section", { class: "up-editor", "aria-label": "A line to rewrite" },
      el("p", { class: "up-situation" }, opening.situation),
      el("blockquote", { class: "up-pushy" }, el("p", {}, ...marked(opening.pushy, opening.pushyReading.marks))),
      ...field.nodes,
      el("div", { class: "up-actions" }, check, opening.hints ? hint : null, show, field.kept),
      verdict, hints, others),
  );

  check.addEventListener("click", async () => {
    const text = field.box.value;
    let reply;
    try { reply = await ask({ do: "check", text }); } catch { return; }
    if (reply.error) return verdict.replaceChildren(el("p", { role: "alert" }, reply.error));
    field.done(text);
    if (field.box.value === text) field.draw(reply.reading);
    field.list.replaceChildren();
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

  field.fill(opening.draft || prefill, [[opening.draft, opening.reading], [opening.pushy, opening.pushyReading]]);
}
