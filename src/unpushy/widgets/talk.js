// How a widget talks with the course, whatever carries it, and what happens when nobody answers.

const PATIENCE = 3500; // ms without an answer before the page says so
const LONGEST = 20000; // ms that an answer may take while the pulse is felt
const AGAIN = 2000; // ms until words are sent again that the course was there for, but could not keep

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

/** Gives a request up after so many ms. (AbortSignal.timeout isn't there on phones of 2021.) */
export function within(ms) {
  const giveUp = new AbortController();
  setTimeout(() => giveUp.abort(), ms);
  return giveUp.signal;
}

/** Whether the course answers, known to the whole page: said once when it stops, and put right when it is back. */
export const connection = {
  gone: false,
  lost(reload) {
    if (this.gone) return;
    this.gone = true;
    const retry = reload
      ? el("button", { type: "button", onclick: () => location.reload() }, "Reload the page")
      : null;
    document.body.append(el("div", { class: "up up-gone", role: "alert" },
      el("span", {}, reload
        ? "The course has stopped answering. What you type stays in this page and is kept when you reload."
        : "The course has stopped answering. Go on typing if you like: this page holds your words, and keeps them as soon as the course is back. If you stopped it, start it again the same way."),
      retry));
  },
  found() {
    if (!this.gone) return;
    this.gone = false;
    document.querySelector(".up-gone")?.remove();
    document.dispatchEvent(new Event("unpushy:back"));
  },
};

/** Do something whenever the course is back after a silence, as long as `node` is part of the page. */
export function whenBack(node, action) {
  const once = () => (node.isConnected ? action() : document.removeEventListener("unpushy:back", once));
  document.addEventListener("unpushy:back", once);
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
        connection.lost(true);
        reject(new Error("no answer"));
      }, PATIENCE);
      waiting.set(mine, (reply) => {
        clearTimeout(timer);
        connection.found();
        resolve(reply);
      });
      try {
        model.send({ ...request, turn: mine });
      } catch {
        connection.lost(true); // the comm is closed; the timer rejects
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
  return async (request) => {
    let reply;
    try {
      reply = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-XSRFToken": xsrf },
        body: JSON.stringify(request),
        signal: within(LONGEST),
      });
    } catch (error) {
      connection.lost(false);
      throw error;
    }
    if (reply.status === 403) return { error: "The course doesn't know this page any more. Open it again by the address that it printed; your words stay in this browser until then." };
    if (!reply.ok) throw new Error(`status ${reply.status}`);
    connection.found();
    return reply.json();
  };
}

/** Feel the pulse of the course's server while the page is looked at. */
export function feelThePulse(url) {
  const beat = async () => {
    if (document.hidden) return;
    try {
      await fetch(url, { signal: within(PATIENCE), cache: "no-store" });
      connection.found();
    } catch {
      connection.lost(false);
    }
  };
  setInterval(beat, 1000);
  document.addEventListener("visibilitychange", beat);
}

/** Words typed and not yet known to be kept by the course, kept by the browser meanwhile. */
export const unsaved = {
  key: (item) => `unpushy:unsaved:${item}`,
  put(item, text) { try { localStorage.setItem(this.key(item), text); } catch { /* private window */ } },
  get(item) { try { return localStorage.getItem(this.key(item)); } catch { return null; } },
  done(item, text) { if (this.get(item) === text) localStorage.removeItem(this.key(item)); },
  /** Tell when another page of this browser types at the same item; its words come as they are typed. */
  elsewhere(item, node, action) {
    const hear = (event) => {
      if (!node.isConnected) return removeEventListener("storage", hear);
      if (event.key === this.key(item) && event.newValue !== null) action(event.newValue);
    };
    addEventListener("storage", hear);
  },
};

/** A function that runs once `rest` ms have passed since its last call. */
export function rested(action, rest) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...given), rest);
  };
}

/**
 * What keeps the words of a box: the browser with every keystroke, and the course when typing rests. `item` is the name under which the
 * browser keeps what the course doesn't have yet; `send(text)` promises the course's reply; `place` says how it went.
 */
export function keeper(box, item, send, place = el("span")) {
  async function keep() {
    const text = box.value;
    const reply = await send(text).catch(() => null);
    if (reply && !reply.error) return done(text);
    place.textContent = "Saved in this page only, for now";
    if (!reply && !connection.gone) again(); // what was refused with a reason would be refused again
  }
  function done(text) {
    unsaved.done(item, text);
    place.textContent = "Saved";
  }
  const soon = rested(keep, 400);
  const keepWaiting = () => { if (box.isConnected && unsaved.get(item) !== null) keep(); };
  const again = rested(keepWaiting, AGAIN);
  whenBack(box, keepWaiting);
  box.addEventListener("input", () => {
    unsaved.put(item, box.value);
    place.textContent = "";
    soon();
  });
  return {
    done,
    /** Fill the box with what the browser kept, or else with what the course knows. */
    fill(text) {
      const waiting = unsaved.get(item);
      box.value = waiting ?? text;
      if (waiting !== null) keep();
    },
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
