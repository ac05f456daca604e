// How a widget talks with the course, whatever carries it, and what happens when nobody answers.

const PATIENCE = 4000; // ms without an answer before the page says so

/** A DOM element: el("p", {class: "note"}, "text", child). Text is always text, never markup. */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
}

/** Say, once and for everyone to hear, that the course has stopped answering; or that it is back. */
function announce(gone) {
  const old = document.querySelector(".up-gone");
  if (!gone) return old?.remove();
  if (old) return;
  const words = "The course has stopped answering. What you type stays in this page and is kept when you reload.";
  document.body.append(
    el("div", { class: "up up-gone", role: "alert" }, el("span", {}, words),
      el("button", { type: "button", onclick: () => location.reload() }, "Reload the page")),
  );
}

/** ask(request) → Promise of a reply, over a widget's comm. Replies are matched to requests by their turn. */
export function overComm(model, signal) {
  const waiting = new Map();
  let turns = 0;
  model.on("msg:custom", (reply) => {
    waiting.get(reply.turn)?.(reply);
    waiting.delete(reply.turn);
  });
  const ask = (request) =>
    new Promise((resolve, reject) => {
      const mine = ++turns;
      const timer = setTimeout(() => {
        waiting.delete(mine);
        announce(true);
        reject(new Error("no answer"));
      }, PATIENCE);
      waiting.set(mine, (reply) => {
        clearTimeout(timer);
        announce(false);
        resolve(reply);
      });
      try {
        model.send({ ...request, turn: mine });
      } catch {
        announce(true); // the comm is closed; the timer rejects
      }
    });
  // One widget of the page feels the pulse for all of them.
  const beat = () => {
    if (document.hidden || (window.unpushyPulse ??= model) !== model) return;
    ask({ do: "pulse" }).catch(() => {});
  };
  const pulse = setInterval(beat, 900);
  signal?.addEventListener("abort", () => {
    clearInterval(pulse);
    if (window.unpushyPulse === model) window.unpushyPulse = undefined;
  });
  return ask;
}

/** ask(request) → Promise of a reply, over a web request to the course's own server. */
export function overWeb(url, xsrf) {
  const ask = async (request) => {
    try {
      const reply = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-XSRFToken": xsrf },
        body: JSON.stringify(request),
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (!reply.ok) throw new Error(`status ${reply.status}`);
      announce(false);
      return await reply.json();
    } catch (error) {
      announce(true);
      throw error;
    }
  };
  setInterval(() => document.hidden || ask({ do: "pulse" }).catch(() => {}), 2000);
  return ask;
}

/** Words typed and not yet known to be kept by the course, kept by the browser meanwhile. */
export const unsaved = {
  key: (item) => `unpushy:unsaved:${item}`,
  put(item, text) { try { localStorage.setItem(this.key(item), text); } catch { /* private window */ } },
  get(item) { try { return localStorage.getItem(this.key(item)); } catch { return null; } },
  done(item, text) { if (this.get(item) === text) localStorage.removeItem(this.key(item)); },
};

/** A function that runs once `rest` ms have passed since its last call. */
export function rested(action, rest) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...given), rest);
  };
}

/** Text with marks as nodes: marks may overlap; the first one to cover a character wins, pushes before the rest. */
export function marked(text, marks) {
  const order = { push: 0, pull: 1, stock: 2 };
  const nodes = [];
  let at = 0;
  const edges = [...new Set([0, text.length, ...marks.flatMap((m) => [m.start, m.end])])].sort((a, b) => a - b);
  let run = null;
  for (let i = 0; i + 1 < edges.length; i++) {
    [at] = [edges[i]];
    const piece = text.slice(at, edges[i + 1]);
    const over = marks.filter((m) => m.start <= at && m.end > at).sort((a, b) => order[a.kind] - order[b.kind])[0];
    if (run && run.kind === over?.kind) run.node.textContent += piece;
    else {
      run = { kind: over?.kind, node: over ? el("mark", { class: over.kind }, piece) : document.createTextNode(piece) };
      nodes.push(run.node);
    }
  }
  return nodes;
}
