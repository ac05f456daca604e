// One question in the middle of a lesson: answered, explained, and tried again as often as one likes.

export async function mountAsk(root, { ask, opening, answered }) {
  root.classList.add("up");
  opening ??= await ask({ do: "open" });
  if (opening.error) return root.append(el("p", { role: "alert" }, opening.error));
  const { question } = opening;
  show(opening.told, false);

  function show(told, move) {
    const [sheet, read] = asked(question, told, `up-${opening.item}`);
    const after = el("div", { role: "status" });
    if (told) after.append(verdict(told, false));
    const main = el("button", { type: "button", class: told ? "" : "up-main" }, told ? "Ask me again" : "That's my answer");
    main.addEventListener("click", async () => {
      if (told) return show(null, true);
      const reply = await ask({ do: "answer", answer: read() }).catch(() => null);
      if (!reply) return;
      if (reply.error) return after.replaceChildren(el("p", {}, reply.error));
      show(reply.told, true);
      answered?.(reply);
    });
    root.replaceChildren(el("section", { class: "up-quiz up-check", "aria-label": "A question in between" },
      sheet, after, el("div", { class: "up-actions" }, main)));
    if (!move) return;
    const next = root.querySelector(told ? ".up-verdict h4" : ".up-asked");
    next.setAttribute("tabindex", "-1");
    next.focus({ preventScroll: true });
  }
}
