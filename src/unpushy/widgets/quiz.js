// The quiz: one question at a time; reasons once it is answered; the score at the end.

const say = (number) => String(Math.round(number * 100) / 100);

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

  function verdict(told) {
    const words = told.points >= told.outOf ? "Yes." : told.points > 0 ? `Partly: ${say(told.points)} of ${say(told.outOf)}.` : "Not this time.";
    return el("div", { class: `up-verdict${told.points >= told.outOf ? " passed" : ""}` }, el("h4", {}, words),
      told.headline ? el("p", {}, told.headline) : null,
      told.why ? el("p", {}, told.why) : null);
  }

  function choices(question, told) {
    const type = question.kind === "one" ? "radio" : "checkbox";
    const set = el("fieldset", {}, el("legend", { tabindex: -1, class: "up-asked" }, question.prompt),
      ...question.options.map((text, n) => {
        const option = told?.options[n];
        const mine = told?.answer.includes(n);
        return el("label", { class: `up-option${option?.right ? " right" : mine ? " wrong" : ""}`, "aria-disabled": told ? "true" : null },
          el("input", { type, name: `up-q-${here}`, value: n, checked: Boolean(mine), disabled: Boolean(told) }),
          el("span", {}, text, option ? el("small", {}, el("b", {}, option.right ? "Right. " : mine ? "Chosen, but: " : ""), option.why) : null));
      }));
    return [set, () => [...set.querySelectorAll("input:checked")].map((input) => Number(input.value))];
  }

  function words(question, told) {
    const chosen = new Set(told?.answer ?? []);
    const group = el("div", { class: "up-words", role: "group", "aria-label": "The words of the line" },
      ...question.words.map((word, n) => {
        const button = el("button", { type: "button", "aria-pressed": String(chosen.has(n)), disabled: Boolean(told), class: told?.pushing.includes(n) ? "push" : "" },
          word, told?.pushing.includes(n) ? el("span", { class: "up-hidden" }, " (pushes)") : null);
        button.addEventListener("click", () => {
          chosen.has(n) ? chosen.delete(n) : chosen.add(n);
          button.setAttribute("aria-pressed", String(chosen.has(n)));
        });
        return button;
      }));
    const box = el("div", {}, el("p", { class: "up-asked", tabindex: -1 }, question.prompt), group);
    return [box, () => [...chosen].sort((a, b) => a - b)];
  }

  function rewrite(question, told) {
    const item = `${state.sitting}:${here}`;
    const id = `up-answer-${here}`;
    const mine = here;
    const box = el("textarea", { id, rows: 3, readonly: Boolean(told), "aria-describedby": `${id}-line` });
    box.value = told ? told.answer : unsaved.get(item) ?? question.draft;
    const keep = rested(async () => {
      const text = box.value;
      const reply = await ask({ do: "keep", question: mine, text }).catch(() => ({}));
      if (reply.kept) unsaved.done(item, text);
    }, 400);
    box.addEventListener("input", () => { unsaved.put(item, box.value); keep(); });
    for (const kind of ["keydown", "keyup", "keypress", "paste", "copy", "cut"]) box.addEventListener(kind, (event) => event.stopPropagation());
    const sheet = el("div", {},
      el("label", { class: "up-asked", for: id, tabindex: -1 }, question.prompt),
      el("div", { id: `${id}-line` }, el("p", { class: "up-situation" }, question.situation), el("blockquote", { class: "up-pushy" }, el("p", {}, question.pushy))),
      el("div", { class: "up-field" }, box));
    if (told) sheet.append(el("ul", { class: "up-heard" }, ...told.heard.map((point) =>
      el("li", { class: point.pushes ? "push" : "pull" }, el("b", {}, `“${point.words}”`), ` ${point.name}`, el("p", {}, `The buyer hears: “${point.hears}” ${point.why}`)))));
    return [sheet, () => box.value];
  }

  function show(move) {
    if (finished) return sum(move);
    const question = state.questions[here];
    const told = state.told[here];
    const [sheet, read] = { one: choices, several: choices, mark: words, rewrite }[question.kind](question, told);
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
    const again = el("button", { type: "button" }, "Five other questions");
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
