// A page of the course: everything alive in it is put in its place at once, with what the page already knows.

const MOUNTS = { practise: mountEditor, ask: mountAsk, own_words: mountOwnWords, before_and_after: mountWorkshop, quiz: mountQuiz, review: mountReview };

/** ask() for the desk of this name: desk("practise", "01-boiler"). */
function deskOf({ base, xsrf }) {
  return (name, item) => overWeb(`${base}/desk/${name}/${encodeURIComponent(item)}`, xsrf);
}

export function mountPage(told) {
  const desk = deskOf(told);
  feelThePulse(`${told.base}/pulse`);
  const lines = told.desks.filter((one) => one.name === "practise");
  const passed = new Set(lines.filter((one) => one.opening.passed).map((one) => one.item));
  for (const { place, name, item, opening, ...more } of told.desks) {
    const root = document.getElementById(place);
    const next = document.getElementById(`${place}-next`);
    const first = (reply) => {
      if (!reply.passed) return;
      if (next) next.hidden = false;
      if (!passed.has(item)) count(passed.add(item), lines);
    };
    if (opening?.passed && next) next.hidden = false;
    MOUNTS[name](root, { ask: desk(name, item), opening, desk, first, ...more }).catch((error) => {
      root.append(el("p", { role: "alert", class: "up-quiet" }, "This part could not be shown. Reload the page to try again."));
      throw error;
    });
  }
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

/** Say how many of a lesson's lines invite by now, wherever the page says it. */
function count(passed, lines) {
  const many = lines.filter((one) => passed.has(one.item)).length;
  for (const place of document.querySelectorAll("#up-passed, #up-left")) {
    const { afterwards } = place.dataset;
    place.textContent = afterwards && many === lines.length ? afterwards : place.textContent.replace(/^\d+/, many);
  }
}

const told = document.getElementById("up-page");
if (told) mountPage(JSON.parse(told.textContent));
