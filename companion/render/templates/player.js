import { innermost, state, taskOf } from "./state.js";

// Plays the runs of a page: two go on one clock, which is the order of all their events.

const KEYFRAME = 512; // events between two states that are kept
const MOST = 12; // Deferreds, connections and timers that are shown at a time
const LINES = 200; // of output

class Run {
  constructor({ stage, events, said, says }) {
    Object.assign(this, { stage, events, said, says });
    this.keyframes = [state(events, 0)];
    this.last = this.keyframes[0];
    this.depths = depths(events);
    this.prints = events.filter((event) => event.kind === "print");
  }

  // The state after the first n events, from the nearest that is known before it.
  at(n) {
    let from = this.keyframes[Math.min(Math.floor(n / KEYFRAME), this.keyframes.length - 1)];
    if (this.last.n <= n && this.last.n > from.n) from = this.last;
    while (Math.floor(n / KEYFRAME) >= this.keyframes.length) {
      from = state(this.events, this.keyframes.length * KEYFRAME, from);
      this.keyframes.push(from);
    }
    this.last = state(this.events, n, from);
    return this.last;
  }
}

// How deep in the stage's calls each event is; a call and its end are as deep as one another.
function depths(events) {
  const found = new Int32Array(events.length);
  const deep = new Map();
  events.forEach((event, n) => {
    const task = taskOf(event);
    const depth = deep.get(task) ?? 0;
    const after = depth + (event.kind === "enter") - (event.kind === "leave");
    deep.set(task, after);
    found[n] = Math.min(depth, after);
  });
  return found;
}

// The order of all events: run and number of each, and how many of each run there were by then.
function merged(runs) {
  const total = runs.reduce((sum, run) => sum + run.events.length, 0);
  const order = { run: new Uint8Array(total), n: new Int32Array(total), total };
  const next = runs.map(() => 0);
  for (let step = 0; step < total; step += 1) {
    let first = -1;
    runs.forEach((run, r) => {
      const event = run.events[next[r]];
      if (event && (first < 0 || event.t < runs[first].events[next[first]].t)) first = r;
    });
    order.run[step] = first;
    order.n[step] = next[first];
    next[first] += 1;
  }
  return order;
}

// Where the control passes.
function turns(event) {
  if (event.kind === "enter") return ["reactor", "thread", "task", "start"].includes(event.by);
  if (event.kind === "wait") return event.by !== "stage";
  return event.kind === "reactor" && event.does === "returns";
}

function fails(event) {
  if (event.kind === "exit") return event.status !== 0 || (event.how ?? "exit") !== "exit";
  if (event.kind === "close") return event.how === "reset" || event.how === "refused";
  if (event.kind === "unhandled" || event.kind === "misuse") return true;
  return Boolean(event.failed || event.again || event.how === "raised");
}

function touches(event, line) {
  return event.line === line || event.at === line;
}

const KEYS = {
  ArrowLeft: ["step", -1],
  ArrowRight: ["step", 1],
  Home: ["first"],
  End: ["last"],
  ...Object.fromEntries(
    ["over", "turn", "second", "line", "failure"].flatMap((move) => [
      [move[0], [move, 1]],
      [move[0].toUpperCase(), [move, -1]],
    ]),
  ),
};

function play(root) {
  const part = (name, inside = root) => inside.querySelector(`[data-is=${name}]`);
  const data = JSON.parse(part("data").textContent);
  const runs = data.runs.map((run) => new Run(run));
  const panes = [...root.querySelectorAll("[data-run]")].map((pane, r) => new Pane(pane, r));
  const order = merged(runs);
  const words = (name, ...values) => fill(data.words[name], values);
  const seconds = (t) => t.toFixed(3);
  let step = 1; // events that have happened, of all runs
  let timer = 0;

  // The event that is shown, and how many of each run's have happened by then.
  const shown = (at = step) => runs[order.run[at - 1]].events[order.n[at - 1]];
  const counts = () => {
    const found = runs.map(() => 0);
    for (let at = step, left = runs.length; at > 0 && left; at -= 1) {
      if (found[order.run[at - 1]]) continue;
      found[order.run[at - 1]] = order.n[at - 1] + 1;
      left -= 1;
    }
    return found;
  };

  const wanted = {
    step: () => () => true,
    turn: () => (at) => turns(shown(at)),
    failure: () => (at) => fails(shown(at)),
    second() {
      const { t } = shown();
      return (at) => Math.abs(shown(at).t - t) > 0.9995; // times are shown in milliseconds
    },
    over() {
      const run = order.run[step - 1];
      const depth = runs[run].depths[order.n[step - 1]];
      return (at) => order.run[at - 1] === run && runs[run].depths[order.n[at - 1]] <= depth;
    },
    line(line = panes[order.run[step - 1]].line, run = order.run[step - 1]) {
      return (at) => line > 0 && order.run[at - 1] === run && touches(shown(at), line);
    },
  };

  // Go to the next event that is wanted, in a direction; say so where there is none.
  function move(is, way) {
    for (let at = step + way; at >= 1 && at <= order.total; at += way) {
      if (is(at)) return go(at);
    }
    part("said").textContent = words("no more");
  }

  function go(at) {
    step = Math.max(1, Math.min(order.total, at));
    const event = shown();
    const run = runs[order.run[step - 1]];
    const sentence = run.said[run.says[order.n[step - 1]]];
    part("said").textContent = runs.length > 1 ? words("whose", run.stage, sentence) : sentence;
    part("position").textContent = words("position", step, order.total, seconds(event.t));
    counts().forEach((n, r) => panes[r].draw(runs[r].at(n), event, r === order.run[step - 1]));
    clearTimeout(timer);
    timer = setTimeout(() => history.replaceState(null, "", `#t=${event.t}&n=${step}`), 200);
  }

  // Go to the moment that the address names, by its number or by its seconds.
  function goToAddress() {
    const named = new URLSearchParams(location.hash.slice(1));
    const number = Number.parseInt(named.get("n"), 10);
    const t = Number.parseFloat(named.get("t"));
    if (number >= 1) go(number);
    else go(t > 0 ? lastAt(t) : 1);
  }

  // The last event up to t seconds.
  function lastAt(t) {
    let [low, high] = [1, order.total];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (shown(middle).t <= t) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  // The moment at a place of the tracks of a run, from 0 to 1.
  function goToPlace(place, r) {
    const at = Math.max(0, Math.min(1, place)) * data.end;
    if (data.timed) go(lastAt(at));
    else {
      const n = Math.min(Math.round(at), runs[r].events.length - 1);
      go(order.run.findIndex((run, index) => run === r && order.n[index] === n) + 1);
    }
  }

  root.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.move) move(wanted[button.dataset.move](), Number(button.dataset.way));
    const line = button?.closest("[data-line]");
    if (line) {
      const run = Number(line.closest("[data-run]").dataset.run);
      move(wanted.line(Number(line.dataset.line), run), 1);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
    if (event.target.closest("input, textarea, select")) return;
    event.preventDefault();
    const [name, way] = KEYS[event.key];
    if (name in wanted) move(wanted[name](), way);
    else go(name === "first" ? 1 : order.total);
  });
  window.addEventListener("hashchange", goToAddress);
  panes.forEach((pane, r) => {
    const slide = (event) => {
      const box = pane.tracks.getBoundingClientRect();
      goToPlace((event.clientX - box.left) / box.width, r);
    };
    pane.tracks.addEventListener("pointerdown", (event) => {
      pane.tracks.setPointerCapture(event.pointerId);
      slide(event);
    });
    pane.tracks.addEventListener("pointermove", (event) => event.buttons && slide(event));
  });

  // One run on the page.
  function Pane(pane, r) {
    const rows = new Map([...pane.querySelectorAll("[data-line]")].map((row) => [row.dataset.line, row]));
    const script = part("script", pane);
    this.tracks = part("tracks", pane);
    this.line = 0;
    let marked = [];

    this.draw = (now, event, acts) => {
      pane.classList.toggle("acts", acts && runs.length > 1);
      this.drawLines(now, event);
      this.drawPlace(now);
      put("stack", () => stack(now));
      put("reactor", () => reactor(now));
      const few = latest(now);
      const current = acts ? event.deferred : 0;
      const touched = few.map((one) => `${one.deferred} ${one.touched}`);
      put("deferreds", () => deferreds(now, few, current), [now.deferreds.size, current, ...touched]);
      const lanes = [...now.lanes.values()].sort((a, b) => compare.compare(a.name, b.name));
      put("connections", () => connections(lanes), lanes.map((lane) => Object.values(lane).join()));
      const prints = acts && event.kind === "print";
      put("output", () => output(now, prints), [now.printed, prints]);
    };
    // Draw a part anew, unless all that it is drawn from is what it was.
    const drawn = {};
    const put = (name, draw, from) => {
      if (from && drawn[name]?.length === from.length && from.every((one, n) => one === drawn[name][n])) return;
      drawn[name] = from;
      part(name, pane)?.replaceChildren(...draw());
    };

    this.drawLines = (now, event) => {
      for (const row of marked) row.className = "";
      marked = [];
      const top = innermost(now, taskOf(event)) ?? now.stack.at(-1);
      this.line = top?.line ?? 0;
      for (const call of now.stack) {
        const row = rows.get(`${call.line}`);
        if (row) {
          row.className = call === top && !call.loops ? "now" : row.className || "calls";
          marked.push(row);
        }
      }
      const row = rows.get(`${this.line}`);
      if (row) requestAnimationFrame(() => bring(row)); // when the page is laid out anyway
    };

    const bring = (row) => {
      const [low, high] = [row.offsetTop, row.offsetTop + row.offsetHeight];
      if (low < script.scrollTop || high > script.scrollTop + script.clientHeight) {
        script.scrollTop = low - script.clientHeight / 2;
      }
    };

    this.drawPlace = (now) => {
      const place = data.timed ? now.t : Math.max(0, now.n - 1);
      part("cursor", pane).style.left = `${Math.min(1, place / data.end) * 100}%`;
      const said = words("position", now.n, runs[r].events.length, seconds(now.t));
      this.tracks.setAttribute("aria-valuemax", runs[r].events.length);
      this.tracks.setAttribute("aria-valuenow", now.n);
      this.tracks.setAttribute("aria-valuetext", said);
    };

    const output = (now, prints) => {
      const from = Math.max(0, now.printed - LINES);
      const lines = runs[r].prints.slice(from, now.printed).map((event, n) => {
        const latest = prints && from + n === now.printed - 1;
        const style = `${event.stream === "stderr" ? "bad" : ""}${latest ? " latest" : ""}`;
        return make("div", { class: style }, event.text || " ");
      });
      const list = make("div", { class: "lines", tabindex: 0, role: "region" }, ...lines);
      list.setAttribute("aria-label", data.words.output);
      requestAnimationFrame(() => (list.scrollTop = list.scrollHeight));
      return lines.length ? [list] : [quiet("none yet")];
    };
  }

  const quiet = (name, ...values) => make("p", { class: "quiet" }, words(name, ...values));

  function stack(now) {
    if (!now.stack.length) return [quiet("no code")];
    const rows = now.stack.map((call, n) => {
      const notes = [words("at line", call.line)];
      if (call.by === "library") notes.push(words("by library"));
      if (call.task) notes.push(words(call.task > 0 ? "in thread" : "in task", call.task));
      const rest = [" ", make("small", {}, notes.join(words("between"))), " "];
      if (call.left) {
        const style = call.left === "raised" ? "bad" : "good";
        rest.push(make("b", { class: style }, words(call.left, call.value)));
      }
      const last = n === now.stack.length - 1;
      if (call.loops) rest.push(make("b", { class: "loop" }, words(last ? "in control" : "in loop")));
      const style = last && !call.loops ? "now" : "";
      return make("li", { class: style }, make("code", {}, call.function), ...rest);
    });
    return [make("ol", {}, ...rows)];
  }

  function reactor(now) {
    const lines = [words(now.loops ? "runs" : "rests")];
    if (now.waits) {
      const { call, until, by } = now.waits;
      const who = by === "stage" ? "itself" : "waits";
      lines.push(until === null ? words(`${who} ever`, call) : words(who, call, seconds(until)));
    }
    const ready = [...now.lanes.values()]
      .filter((lane) => lane.arrived > lane.read)
      .map((lane) => words("ready lane", laneName(lane), bytes(lane.arrived - lane.read)));
    if (ready.length) lines.push(words("ready", some(ready).join(words("between ready"))));
    else if (now.loops) lines.push(words("nothing ready"));
    const timers = [...now.timers.values()].sort((a, b) => a.at - b.at);
    for (const { timer, calls, at } of timers.slice(0, MOST)) {
      if (at <= now.t) lines.push(words("due", timer, calls));
      else lines.push(words("timer", timer, calls, seconds(at), seconds(at - now.t)));
    }
    if (timers.length > MOST) lines.push(words("more", timers.length - MOST));
    return lines.map((line) => make("p", {}, line));
  }

  function laneName({ name, poem }) {
    const own = name.startsWith("c") ? words("client", name.slice(1)) : words("server", name);
    return poem ? `${own} (${poem})` : own;
  }

  // The first of some texts, and how many more there are.
  function some(texts) {
    if (texts.length <= MOST) return texts;
    return [...texts.slice(0, MOST), words("more", texts.length - MOST)];
  }

  function connections(lanes) {
    if (!lanes.length) return [quiet("none yet")];
    const rows = lanes.slice(0, MOST).map((lane) => {
      const { arrived, read, size, got, how } = lane;
      const counts = [
        size
          ? words("arrived of", bytes(arrived), bytes(size), bytes(read))
          : words("arrived", bytes(arrived), bytes(read)),
      ];
      if (got) counts.push(words("got", bytes(got)));
      const style = how === "reset" || how === "refused" ? "bad" : "";
      const end = how ? words(how) : words(lane.open ? "open" : "not open");
      const bar = make("div", { class: "meter" }, make("i", { class: "arrived" }), make("i", {}));
      [arrived, read].forEach((part, n) => {
        bar.children[n].style.width = `${(part / (size || Math.max(arrived, 1))) * 100}%`;
      });
      return make(
        "li",
        {},
        make("b", {}, laneName(lane)),
        " ",
        make("small", { class: style }, end),
        bar,
        make("span", {}, counts.join(words("between"))),
      );
    });
    if (lanes.length > MOST) rows.push(make("li", {}, words("more", lanes.length - MOST)));
    return [make("ul", {}, ...rows)];
  }

  // The Deferreds that something happened to last.
  function latest(now) {
    const all = [...now.deferreds.values()];
    if (all.length > MOST) all.sort((a, b) => b.touched - a.touched);
    return all.slice(0, MOST).sort((a, b) => a.deferred - b.deferred);
  }

  function deferreds(now, few, current) {
    if (!few.length) return [quiet("none yet")];
    const cards = few.map((one) => card(one, one.deferred === current));
    if (now.deferreds.size > MOST) cards.push(quiet("more", now.deferreds.size - MOST));
    return cards;
  }

  function card(one, current) {
    const made = one.line ? words("made", one.line) : words("made by library");
    const about = [made];
    if (one.generator) about.unshift(words("for", one.generator));
    if (one.of.length) about.push(words("joins", one.of.map((number) => `D${number}`).join(words("between Deferreds"))));
    const states = [words(["not fired", "fired", "fired again"][Math.min(one.fired, 2)])];
    if (one.runs) states.push(words("running", one.runs));
    if (one.waits) states.push(words("on", one.waits));
    if (one.cancelled) states.push(words("cancelled"));
    if (one.unhandled) states.push(words("unhandled"));
    const bad = one.unhandled || one.fired > 1;
    const parts = [
      make("h4", {}, `D${one.deferred} `, make("small", {}, about.join(words("between")))),
      make("p", { class: bad ? "bad" : "" }, states.join(words("between"))),
    ];
    if (one.hand) {
      const { value, failed } = one.hand;
      const text = words(failed ? "hand failed" : "hand", value);
      parts.push(make("p", { class: failed ? "hand bad" : "hand good" }, text));
    }
    if (one.pairs.length) parts.push(pairs(one));
    return make("div", { class: current ? "deferred now" : "deferred" }, ...parts);
  }

  function pairs(one) {
    const head = ["pair", "callback", "errback"].map((name) =>
      make("th", { scope: "col" }, data.words[name] ?? name),
    );
    const rows = one.pairs.map((pair) => {
      const cells = ["callback", "errback"].map((side) => {
        let name = pair[side] ?? words("pass");
        if (pair.joins) name = words("tell", pair.joins);
        if (pair.resumes) name = words("resume", pair.resumes);
        let mark = "to come";
        if (pair.ran) mark = "passed by";
        if (pair.ran === side && pair.how !== "passed") mark = `mark ${pair.how}`;
        const style = `${side} ${mark.replace("mark ", "").replace(" ", "-")}`;
        return make("td", { class: style }, make("code", {}, name), make("small", {}, words(mark)));
      });
      return make("tr", {}, make("th", { scope: "row" }, `${pair.pair}`), ...cells);
    });
    return make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
  }

  root.hidden = false;
  goToAddress();
}

const compare = new Intl.Collator("en", { numeric: true });

function bytes(count) {
  return count.toLocaleString("en");
}

function fill(text, values) {
  let next = 0;
  return text.replace(/\{\}/g, () => values[next++]);
}

function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== "") node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Within a page that has said what it is, only the run is shown.
document.documentElement.classList.toggle("framed", window !== window.top);
for (const root of document.querySelectorAll("[data-player]")) play(root);
