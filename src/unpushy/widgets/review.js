// A few minutes of review: what is due, one thing after the other, each asked where it was learned.

export async function mountReview(root, { ask, opening, desk }) {
  root.classList.add("up");
  opening ??= await ask({ do: "open" });
  if (opening.error) return root.append(el("p", { role: "alert" }, opening.error));
  let here = 0;
  const results = [];
  step(false);

  async function step(move) {
    if (here >= opening.items.length) return sum();
    const { name, item } = opening.items[here];
    const place = el("div");
    const next = el("button", { type: "button", class: "up-main", hidden: true }, here + 1 < opening.items.length ? "Next" : "That's it for today");
    next.addEventListener("click", () => { here += 1; step(true); });
    const done = (right) => { results[here] = right; next.hidden = false; };
    root.replaceChildren(
      el("p", { class: "up-quiet up-of", tabindex: -1 }, `${here + 1} of ${opening.items.length}`), place,
      el("div", { class: "up-actions" }, next));
    const mount = name === "ask" ? mountAsk : mountEditor;
    await mount(place, { ask: fresh(desk(name, item)), answered: (reply) => done(reply.told.points >= reply.told.outOf), first: (reply) => done(reply.passed) });
    if (move) root.querySelector(".up-of").focus();
  }

  // In a review one answers anew: what was said before isn't shown until then.
  function fresh(to) {
    return async (request) => {
      const reply = await to(request);
      return request.do === "open" ? { ...reply, told: null, draft: "", verdict: null, others: false, earlier: [] } : reply;
    };
  }

  function sum() {
    const right = results.filter(Boolean).length;
    root.replaceChildren(el("section", { class: "up-quiz up-sum up-arrives", "aria-label": "Done" },
      el("h2", { class: "up-asked", tabindex: -1 }, "That's it for today"),
      el("p", {}, right === results.length ? "All of it was still there." : `${right} of ${results.length} were still there. The others come back a little sooner.`),
      el("p", {}, opening.next ?? "")));
    root.querySelector(".up-asked").focus();
  }
}
