// The quiz: one question at a time. For practice the reasons come at once; where it counts, after the hand-in.

const SURE = ["a guess", "fairly sure", "very sure"];
const CLOCK_EVERY = 15; // s between looks at the course's own clock, which may have been extended

export async function mountQuiz(root, { ask, opening }) {
  root.classList.add("up");
  let state;
  let here = 0;
  let finished = false; // practice: the score is on the page
  let ticking = null;
  let asksSure = remembered();

  const about = () => ({ sitting: state.sitting, version: state.version });
  const tell = (request) => ask({ ...request, ...about() });
  const graded = () => state.mode === "graded";
  const isDone = (n) => Boolean(graded() && state.stage === "open" ? state.given[n] || state.questions[n].kind === "gone" : state.told[n]);
  const open = () => state.questions.map((_, n) => n).filter((n) => !isDone(n));

  /** Ask for a state, and show it. */
  async function go(request, move = true) {
    const fresh = await ask(request).catch(() => null);
    if (!fresh) return;
    if (fresh.error) return problem(fresh.error);
    enter(fresh, move);
  }

  function enter(fresh, move) {
    state = fresh;
    clearInterval(ticking);
    if (state.stage === "before") return before(move);
    here = open()[0] ?? 0;
    finished = state.stage === "done";
    if (graded() && finished) return result(move);
    if (graded()) tick();
    show(move);
  }

  function problem(words) {
    const old = root.querySelector(".up-said");
    const said = el("p", { class: "up-said", role: "alert" }, words);
    old ? old.replaceWith(said) : (root.querySelector(".up-quiz") ?? root).append(said);
  }

  function page(name, kind, ...parts) {
    root.replaceChildren(el("section", { class: `up-quiz ${kind}`, "aria-label": name }, ...parts));
  }

  function button(words, action, main = false) {
    const made = el("button", { type: "button", class: main ? "up-main" : null }, words);
    made.addEventListener("click", async () => {
      made.disabled = true; // a double click is one click
      try {
        await action();
      } finally {
        made.disabled = false;
      }
    });
    return made;
  }

  function plain(made) {
    made.classList.add("up-plain");
    return made;
  }

  const toHeading = (move) => move && root.querySelector(".up-asked")?.focus();

  // Before a quiz that counts

  function before(move) {
    const { rules, closed, attemptsLeft } = state;
    const may = !closed && attemptsLeft !== 0;
    page(state.title, "up-before",
      el("h2", { class: "up-asked", tabindex: -1 }, `${state.size} questions`),
      el("ul", {}, ...rules.map((rule) => el("li", {}, rule))),
      closed ? el("p", {}, closed) : null,
      el("div", { class: "up-actions" },
        may ? button("Begin", () => go({ do: "begin", mode: "graded" }), true) : null,
        ...otherWay()));
    toHeading(move);
  }

  function otherWay() {
    const [mode, words] = graded() ? ["practice", "Practise instead"] : ["graded", "Take it as a test"];
    return state.offers.includes(mode) ? [button(words, () => go({ do: "open", mode }))] : [];
  }

  // A question

  function dots() {
    return el("ol", { class: "up-dots", "aria-hidden": "true" },
      ...state.questions.map((_, n) => el("li", { class: n === here ? "here" : isDone(n) ? "done" : "" })),
      el("span", {}, `${here + 1} of ${state.questions.length}`));
  }

  function show(move) {
    if (finished) return sum(move);
    if (graded() && !open().length) return ready(move);
    const question = state.questions[here];
    const told = graded() ? null : state.told[here];
    const mine = here;
    const keep = { item: `${state.sitting}:${mine}`, send: (text) => tell({ do: "keep", question: mine, text }) };
    const [sheet, read] = told?.changed ? [changed(question, told), () => null] : asked(question, told, `up-q-${mine}`, keep);
    const after = el("div", { role: "status" });
    if (told) after.append(verdict(told), note(told));
    const last = !open().length;
    const sureness = (state.sure || asksSure) && !told ? sure() : null;
    const main = button(!told ? "That's my answer" : last ? "See my score" : "Next question", async () => {
      if (told) {
        finished = last;
        here = last ? here : open()[0];
        return show(true);
      }
      const given = read();
      if (sureness && !sureness.chosen()) return after.replaceChildren(el("p", {}, "How sure are you? Any of the three is fine."));
      const reply = await tell({ do: "answer", question: mine, answer: given, sure: sureness?.chosen() ?? null }).catch(() => null);
      if (!reply) return;
      if (reply.error) return after.replaceChildren(el("p", {}, reply.error));
      unsaved.done(`${state.sitting}:${mine}`, given);
      if (graded()) return reply.given ? passed(mine, reply) : go({ do: "open", mode: "graded" });
      state.told[mine] = { ...reply.told, note: reply.note ?? reply.told.note };
      state.score = reply.score;
      show(false);
      root.querySelector(".up-verdict h4").setAttribute("tabindex", "-1");
      root.querySelector(".up-verdict h4").focus({ preventScroll: true });
      root.querySelector(".up-quiz > .up-actions").scrollIntoView({ block: "nearest" });
    }, true);
    page(`Question ${here + 1} of ${state.questions.length}`, "",
      dots(), graded() ? clock() : null, sheet, sureness?.element, after,
      el("div", { class: "up-actions" }, main,
        graded() && open().length > 1 ? plain(button("Leave it for later", () => { here = next(mine); show(true); })) : null,
        graded() ? plain(button("Hand in", () => ready(true))) : null),
      told || graded() || state.told.some(Boolean) ? null : ways());
    if (move) root.querySelector(".up-asked").focus();
  }

  const next = (from) => open().find((n) => n > from) ?? open()[0];

  /** An answer that counts is in: on to the next question. */
  function passed(mine, reply) {
    state.given[mine] = reply.given;
    state.left = reply.left;
    here = next(mine) ?? mine;
    show(true);
    if (reply.note) problem(reply.note);
  }

  function ways() {
    const toggle = button(asksSure ? "Don't ask how sure I am" : "Ask me how sure I am", () => {
      asksSure = !asksSure;
      remembered(asksSure);
      show(true);
    });
    return el("p", { class: "up-ways" }, ...otherWay().map(plain), state.sure ? null : plain(toggle));
  }

  function sure() {
    let chosen = null;
    const choices = SURE.map((words, n) => {
      const choice = el("button", { type: "button", "aria-pressed": "false" }, words);
      choice.addEventListener("click", () => {
        chosen = n + 1;
        choices.forEach((other) => {
          other.setAttribute("aria-pressed", String(other === choice));
          other.classList.toggle("up-main", other === choice);
        });
      });
      return choice;
    });
    return { element: el("div", { class: "up-sure", role: "group", "aria-label": "How sure are you?" }, el("p", {}, "How sure are you?"), el("div", { class: "up-actions" }, ...choices)), chosen: () => chosen };
  }

  function changed(question, told) {
    const given = told.answer == null ? null : JSON.stringify(told.answer);
    return el("div", {}, el("p", { class: "up-asked", tabindex: -1 }, question.prompt),
      el("p", { class: "up-quiet" }, "This question has changed since. Your mark stays."), given ? el("p", {}, `You answered: ${given}`) : null);
  }

  const note = (told) => (told.note ? el("p", { class: "up-note" }, told.note) : "");

  // The clock

  function clock() {
    return state.left == null ? null : el("p", { class: "up-clock up-quiet", role: "timer" }, inWords(state.left));
  }

  function inWords(seconds) {
    const minutes = Math.floor(seconds / 60);
    return minutes >= 5 ? `${minutes} minutes left` : `${minutes}:${String(seconds % 60).padStart(2, "0")} minutes left`;
  }

  /** Count down between looks at the course's clock, which is the one that counts. */
  function tick() {
    if (state.left == null) return;
    const sitting = state.sitting;
    let ends = performance.now() + state.left * 1000;
    let looked = performance.now();
    ticking = setInterval(async () => {
      if (!root.isConnected || state.sitting !== sitting) return clearInterval(ticking);
      state.left = Math.max(0, Math.round((ends - performance.now()) / 1000));
      const shown = root.querySelector(".up-clock");
      if (shown && shown.textContent !== inWords(state.left)) shown.textContent = inWords(state.left);
      if (state.left > 0 && performance.now() - looked < CLOCK_EVERY * 1000) return;
      looked = performance.now();
      const reply = await tell({ do: "clock" }).catch(() => null);
      if (!reply || reply.error) return;
      if (reply.done) {
        clearInterval(ticking);
        await go({ do: "open", mode: "graded" });
        return problem("The time is up. What you had answered is kept and counts.");
      }
      if (reply.left > state.left + 30) problem("There is more time now.");
      ends = performance.now() + reply.left * 1000;
    }, 1000);
  }

  // The end

  function ready(move) {
    const left = open();
    page("Ready to hand in?", "up-sum",
      clock(),
      el("h2", { class: "up-asked", tabindex: -1 }, left.length ? "Hand in now?" : "All answered."),
      el("p", {}, left.length ? `${left.length} of ${state.questions.length} ${left.length === 1 ? "isn't" : "aren't"} answered, and would count as no points.` : "Once you hand in, you see the reasons and your score."),
      el("div", { class: "up-actions" },
        button("Hand in", async () => {
          const reply = await tell({ do: "hand in" }).catch(() => null);
          if (!reply) return;
          if (reply.error) return problem(reply.error);
          enter(reply, true);
        }, true),
        left.length ? button("Back to the questions", () => { here = left[0]; show(true); }) : null));
    toHeading(move);
  }

  function judged({ points, outOf }) {
    const share = outOf ? points / outOf : 1;
    return share === 1 ? "Every one of them." : share >= 0.7 ? "You hear most of what a buyer hears." : share >= 0.4 ? "A good part of it. The reasons are worth a second look." : "These are easily confused. The lesson is there whenever you like.";
  }

  /** The end of practice. */
  function sum(move) {
    page("Your score", "up-sum up-arrives",
      el("h2", { class: "up-asked", tabindex: -1 }, "Your score"),
      el("p", { class: "up-score" }, `${say(state.score.points)} of ${say(state.score.outOf)}`), el("p", {}, judged(state.score)),
      el("p", { class: "up-quiet" }, state.home ? "The score is for you. It is kept on this machine." : "This was practice. The score is for you alone."),
      el("div", { class: "up-actions" }, button("Other questions", () => go({ do: "again", mode: "practice" })), ...otherWay()));
    toHeading(move);
  }

  /** A quiz that counts, once it is handed in. */
  function result(move) {
    const { score, counted, counts, attempts, attemptsLeft, closed } = state;
    const several = attempts !== 1 && counted && counted.points !== score.points;
    const which = { best: "your best", last: "the last", average: "the average of your" }[counts];
    const reviewed = state.questions.map((question, n) => {
      const told = state.told[n];
      const plain = told.unanswered || told.changed;
      const sheet = plain ? changedOrMissed(question, told) : asked(question, told, `up-r-${n}`)[0];
      return el("section", { class: "up-quiz", "aria-label": `Question ${n + 1}` }, sheet, told.unanswered ? null : verdict(told), note(told));
    });
    page("Your score", "up-sum up-arrives",
      el("h2", { class: "up-asked", tabindex: -1 }, "Your score"),
      el("p", { class: "up-score" }, `${say(score.points)} of ${say(score.outOf)}`), el("p", {}, judged(score)),
      several ? el("p", {}, `What counts is ${which} attempt${counts === "average" ? "s" : ""}: ${say(counted.points)} of ${say(counted.outOf)}.`) : null,
      state.home ? el("p", { class: "up-quiet" }, "The score is for you. It is kept on this machine.") : null,
      closed ? el("p", { class: "up-quiet" }, closed) : null,
      el("div", { class: "up-actions" },
        closed || attemptsLeft === 0 ? null : button(attemptsLeft == null ? "Another paper" : `Another attempt (${attemptsLeft} left)`, () => go({ do: "begin", mode: "graded" })),
        ...otherWay()));
    root.append(...reviewed);
    toHeading(move);
  }

  function changedOrMissed(question, told) {
    if (told.changed) return changed(question, told);
    const words = told.outOf ? "You left this one out." : "It is no longer asked, and doesn't count.";
    return el("div", {}, el("p", { class: "up-asked" }, question.prompt), el("p", { class: "up-quiet" }, words));
  }

  /** Whether this browser is to ask how sure one is; a choice that stays with the browser. */
  function remembered(value) {
    try {
      if (value !== undefined) localStorage.setItem("unpushy:sure", value ? "yes" : "no");
      return localStorage.getItem("unpushy:sure") === "yes";
    } catch {
      return value ?? false; // private window
    }
  }

  if (!opening) return go({ do: "open" }, false);
  opening.error ? problem(opening.error) : enter(opening, false);
}
