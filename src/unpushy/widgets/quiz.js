// The quiz: one question at a time; reasons once it is answered; the score at the end.

export async function mountQuiz(root, { ask }) {
  root.classList.add("up");
  let state = await ask({ do: "open" });
  if (state.error) return root.append(el("p", { role: "alert" }, state.error));
  let here = Math.max(0, state.told.indexOf(null));
  let finished = state.score !== null;
  show(false);

  function dots() {
    return el("ol", { class: "up-dots", "aria-hidden": "true" },
      ...state.questions.map((_, n) => el("li", { class: n === here ? "here" : state.told[n] ? "done" : "" })),
      el("span", {}, `${here + 1} of ${state.questions.length}`));
  }

  function show(move) {
    if (finished) return sum(move);
    const question = state.questions[here];
    const told = state.told[here];
    const mine = here;
    const keep = { item: `${state.sitting}:${mine}`, send: (text) => ask({ do: "keep", question: mine, text }) };
    const [sheet, read] = asked(question, told, `up-q-${mine}`, keep);
    const after = el("div", { role: "status" });
    if (told) after.append(verdict(told));
    const last = state.told.every(Boolean);
    const main = el("button", { type: "button", class: "up-main" }, !told ? "That's my answer" : last ? "See my score" : "Next question");
    main.addEventListener("click", async () => {
      if (told) {
        finished = last;
        here = last ? here : state.told.indexOf(null);
        return show(true);
      }
      main.disabled = true;
      const given = read();
      const reply = await ask({ do: "answer", question: here, answer: given }).catch(() => null);
      main.disabled = false;
      if (!reply) return;
      if (reply.error) return after.replaceChildren(el("p", {}, reply.error));
      unsaved.done(`${state.sitting}:${here}`, given);
      state.told[here] = reply.told;
      state.score = reply.score;
      show(false);
      root.querySelector(".up-verdict h4").setAttribute("tabindex", "-1");
      root.querySelector(".up-verdict h4").focus({ preventScroll: true });
      root.querySelector(".up-actions").scrollIntoView({ block: "nearest" });
    });
    root.replaceChildren(el("section", { class: "up-quiz", "aria-label": `Question ${here + 1} of ${state.questions.length}` },
      dots(), sheet, after, el("div", { class: "up-actions" }, main)));
    if (move) root.querySelector(".up-asked").focus();
  }

  function sum(move) {
    const { points, outOf } = state.score;
    const share = points / outOf;
    const words = share === 1 ? "Every one of them." : share >= 0.7 ? "You hear most of what a buyer hears." : share >= 0.4 ? "A good part of it. The reasons above are worth a second look." : "These are easily confused. The lesson is there whenever you like.";
    const again = el("button", { type: "button" }, "Other questions");
    again.addEventListener("click", async () => {
      const fresh = await ask({ do: "again" }).catch(() => null);
      if (!fresh) return;
      state = fresh;
      here = 0;
      finished = false;
      show(true);
    });
    root.replaceChildren(el("section", { class: "up-quiz up-sum up-arrives", "aria-label": "Your score" },
      el("h2", { class: "up-asked", tabindex: -1 }, "Your score"),
      el("p", { class: "up-score" }, `${say(points)} of ${say(outOf)}`), el("p", {}, words),
      el("p", { class: "up-quiet" }, "The score is for you. It is kept on this machine."),
      el("div", { class: "up-actions", style: "justify-content:center" }, again)));
    if (move) root.querySelector(".up-asked").focus();
  }
}
