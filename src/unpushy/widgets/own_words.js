// A box for an answer in one's own words: kept, never judged.

export async function mountOwnWords(root, { ask, opening }) {
  root.classList.add("up");
  opening ??= await ask({ do: "open" });
  if (opening.error) return root.append(el("p", { role: "alert" }, opening.error));
  const id = `up-${opening.item}`;
  const box = el("textarea", { id, rows: 4, spellcheck: "true" });
  const behind = el("div", { class: "up-behind", "aria-hidden": "true" });
  const kept = el("span", { class: "up-kept up-quiet", role: "status" });
  const grow = () => behind.replaceChildren(box.value, "\u200b");
  const words = keeper(box, opening.item, (text) => ask({ do: "keep", text }), kept);
  box.addEventListener("input", grow);
  for (const kind of ["keydown", "keyup", "keypress", "paste", "copy", "cut"]) box.addEventListener(kind, (event) => event.stopPropagation());
  root.replaceChildren(el("section", { class: "up-editor", "aria-label": "In your own words" },
    el("label", { class: "up-label", for: id }, opening.label), el("div", { class: "up-field" }, behind, box), el("div", { class: "up-actions" }, kept)));
  unsaved.elsewhere(opening.item, box, (text) => { if (document.activeElement !== box || !document.hasFocus()) { box.value = text; grow(); } });
  words.fill(opening.text);
  grow();
}
