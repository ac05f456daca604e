// The workshop: words of one's own, before and after, side by side.

export async function mountWorkshop(root, { ask, opening }) {
  root.classList.add("up");
  opening ??= await ask({ do: "open" });
  if (opening.error) return root.append(el("p", { role: "alert" }, opening.error));
  const verdict = el("div", { role: "status" });
  const check = el("button", { type: "button", class: "up-main" }, "What does my buyer hear?");
  const fields = Object.fromEntries(Object.entries(opening.fields).map(([name, { label, placeholder }]) =>
    [name, listeningBox({
      item: `${opening.item}:${name}`, id: `up-${opening.item}-${name}`, label, placeholder, rows: 7,
      hear: (text, well) => ask({ do: "hear", text, well }), keep: (text) => ask({ do: "keep", field: name, text }), submit: () => check.click(),
    })]));
  root.replaceChildren(
    el("section", { class: "up-editor up-workshop", "aria-label": "Words of your own, before and after" },
      el("div", { class: "up-sides" }, ...Object.values(fields).map((field) => el("div", {}, ...field.nodes, field.list, el("p", {}, field.kept)))),
      el("div", { class: "up-actions" }, check), verdict));

  const told = (side, name, passed) => el("div", { class: passed ? "passed" : null }, el("h5", {}, name), el("p", {}, side.headline),
    el("ul", { class: "up-heard" }, ...side.points.map((point) => heard(point, true))));
  check.addEventListener("click", async () => {
    const texts = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.box.value]));
    let reply;
    try { reply = await patiently(verdict, ask({ do: "check", ...texts })); } catch { return verdict.replaceChildren(); }
    if (reply.error) return verdict.replaceChildren(el("p", { role: "alert" }, reply.error));
    for (const [name, field] of Object.entries(fields)) {
      field.done(texts[name]);
      field.explain(texts[name]);
      if (field.box.value === texts[name]) field.draw(reply[name].reading);
    }
    verdict.replaceChildren(el("div", { class: "up-verdict up-arrives" },
      el("h4", {}, reply.headline),
      el("div", { class: "up-sides" }, told(reply.before, "Before", false), told(reply.after, "After", reply.passed))));
  });
  for (const [name, field] of Object.entries(fields)) field.fill(opening.fields[name].text, [[opening.fields[name].text, opening.fields[name].reading]]);
}
