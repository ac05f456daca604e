// One question of any kind: what is asked, what was answered, and the reasons once it is.

const say = (number) => String(Math.round(number * 100) / 100);

/** Where points are counted they are shown, with what they are for; in a lesson they aren't. */
function inPart({ points, outOf, answer, pushing }) {
  const worth = `${say(points)} of ${say(outOf)} ${outOf === 1 ? "point" : "points"}`;
  if (!pushing) return `Partly: ${worth}.`;
  const others = answer.filter((n) => !pushing.includes(n)).length;
  return `Partly: ${answer.length - others} of the ${pushing.length} words that push${others ? ` and ${others} other${others === 1 ? "" : "s"}` : ""}, ${worth}.`;
}

export function verdict(told, counts = true) {
  const words = told.points >= told.outOf ? (counts ? "Yes." : "Yes, that's it.")
    : told.points > 0 ? (counts ? inPart(told) : "You've found part of it.") : "Not this time.";
  return el("div", { class: `up-verdict${told.points >= told.outOf ? " passed" : ""}` }, el("h4", {}, words),
    told.headline ? el("p", {}, told.headline) : null,
    told.confidence != null ? el("p", { class: "up-quiet" }, `The ear is ${told.confidence >= 0.8 ? "sure" : "not sure"} of this mark (${Math.round(100 * told.confidence)} of 100).`) : null,
    told.why ? el("p", {}, told.why) : null);
}

/** A question as [element, read]: read() gives the answer as it stands. `name` tells the questions of a page apart. */
export function asked(question, told, name, keep) {
  const kinds = { one: choices, hears: choices, several: choices, match: pairs, mark: words, rewrite };
  return kinds[question.kind](question, told, name, keep);
}

function choices(question, told, name) {
  const type = question.kind === "several" ? "checkbox" : "radio";
  const set = el("fieldset", {}, el("legend", { tabindex: -1, class: "up-asked" }, question.prompt),
    ...question.options.map((text, n) => {
      const option = told?.options[n];
      const mine = told?.answer.includes(n);
      return el("label", { class: `up-option${option?.right ? " right" : mine ? " wrong" : ""}`, "aria-disabled": told ? "true" : null },
        el("input", { type, name, value: n, checked: Boolean(mine), disabled: Boolean(told) }),
        el("span", {}, text, option ? el("small", {}, el("b", {}, option.right ? "Right. " : mine ? "Chosen, but: " : ""), option.why) : null));
    }));
  return [set, () => [...set.querySelectorAll("input:checked")].map((input) => Number(input.value))];
}

function pairs(question, told, name) {
  const set = el("fieldset", {}, el("legend", { tabindex: -1, class: "up-asked" }, question.prompt),
    ...question.lines.map((line, n) => {
      const right = told && told.answer[n] === told.right[n];
      const pick = el("select", { id: `${name}-${n}`, disabled: Boolean(told) }, el("option", { value: "" }, "Choose…"),
        ...question.matches.map((match, m) => el("option", { value: m, selected: told?.answer[n] === m }, match)));
      for (const kind of ["keydown", "keyup", "keypress"]) pick.addEventListener(kind, (event) => event.stopPropagation());
      return el("div", { class: `up-option up-pair${told ? (right ? " right" : " wrong") : ""}` },
        el("label", { for: `${name}-${n}` }, line), pick,
        told ? el("small", {}, el("b", {}, right ? "Right. " : `It is: ${question.matches[told.right[n]]}. `), told.whys[n]) : null);
    }));
  return [set, () => [...set.querySelectorAll("select")].map((pick) => (pick.value === "" ? null : Number(pick.value)))];
}

function words(question, told) {
  const chosen = new Set(told?.answer ?? []);
  const group = el("div", { class: "up-words", role: "group", "aria-label": "The words of the line: the arrow keys move, the space bar marks" },
    ...question.words.map((word, n) => {
      const button = el("button", { type: "button", "aria-pressed": String(chosen.has(n)), tabindex: n ? -1 : 0, disabled: Boolean(told), class: told?.pushing.includes(n) ? "push" : "" },
        word, told?.pushing.includes(n) ? el("span", { class: "up-hidden" }, " (pushes)") : null);
      button.addEventListener("click", () => {
        chosen.has(n) ? chosen.delete(n) : chosen.add(n);
        button.setAttribute("aria-pressed", String(chosen.has(n)));
      });
      return button;
    }));
  // One stop for the Tab key, however long the line is.
  group.addEventListener("keydown", (event) => {
    const all = [...group.children];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || !all[to]) return;
    event.preventDefault();
    event.stopPropagation();
    all[at].tabIndex = -1;
    all[to].tabIndex = 0;
    all[to].focus();
  });
  const missed = told?.answer.some((n) => !told.pushing.includes(n));
  const box = el("div", {}, el("p", { class: "up-asked", tabindex: -1 }, question.prompt), group,
    missed ? el("p", { class: "up-quiet" }, "With a dashed edge: chosen, and doesn't push.") : null);
  return [box, () => [...chosen].sort((a, b) => a - b)];
}

/** `keep` is { item, send }: the name under which the browser keeps unsent words, and how they are sent. */
function rewrite(question, told, name, { item, send } = {}) {
  const id = `${name}-answer`;
  const box = el("textarea", { id, rows: 3, readonly: Boolean(told), "aria-describedby": `${id}-line` });
  if (told) box.value = told.answer;
  else keeper(box, item, send).fill(question.draft);
  for (const kind of ["keydown", "keyup", "keypress", "paste", "copy", "cut"]) box.addEventListener(kind, (event) => event.stopPropagation());
  const sheet = el("div", {},
    el("label", { class: "up-asked", for: id, tabindex: -1 }, question.prompt),
    el("div", { id: `${id}-line` }, el("p", { class: "up-situation" }, question.situation), el("blockquote", { class: "up-pushy" }, el("p", {}, question.pushy))),
    el("div", { class: "up-field" }, box));
  if (told) sheet.append(el("ul", { class: "up-heard" }, ...told.heard.map((point) =>
    el("li", { class: point.pushes ? "push" : "pull" }, el("b", {}, `“${point.words}”`), ` ${point.name}`, el("p", {}, `The buyer hears: “${point.hears}” ${point.why}`)))));
  return [sheet, () => box.value];
}
