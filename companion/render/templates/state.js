// The state of a run after its first events, from the events alone: what a player shows.

const START = {
  n: 0,
  t: 0,
  stack: [], // calls of the stage's code, the outermost first
  waits: null, // the call that is waited in, until when, and by whom
  loops: false, // whether the reactor runs
  printed: 0, // lines of output
  exit: null,
  timers: new Map(),
  lanes: new Map(),
  deferreds: new Map(),
};

// The state after the first n of the events. A state after fewer of them, given as `from`, saves
// work; it stays as it is, and so does the result, which shares with it what did not change.
export function state(events, n, from = START) {
  const now = { ...from, stack: from.stack.map((call) => ({ ...call })) };
  for (const name of ["timers", "lanes", "deferreds"]) now[name] = new Map(from[name]);
  const own = new Set(); // what is of this state alone, and may be changed
  const entry = (map, key) => {
    const found = map.get(key);
    if (!found || own.has(found)) return found;
    const copy = { ...found };
    if (found.pairs) copy.pairs = found.pairs.map((pair) => ({ ...pair }));
    return add(map, key, copy);
  };
  const add = (map, key, value) => {
    map.set(key, value);
    own.add(value);
    return value;
  };
  for (; now.n < n; now.n += 1) advance(now, events[now.n], entry, add);
  return now;
}

// The thread or task of an event: its name or number; 0 is the main thread.
export function taskOf(event) {
  return event.task || event.thread || 0;
}

// The innermost call of a thread or task.
export function innermost(now, task) {
  return now.stack.findLast((call) => call.task === task);
}

// The name of an event's lane: a server's number, or c and a client's; empty if it has none.
function laneOf(event) {
  return event.lane ? `${event.lane}` : event.client ? `c${event.client}` : "";
}

function advance(now, event, entry, add) {
  now.t = event.t;
  // A call that was left is seen until something else happens.
  now.stack = now.stack.filter((call) => !call.left);
  const waits = now.waits;
  const ends = waits && waits.until !== null && event.t >= waits.until;
  if (ends || ["enter", "timer_fired", "exit"].includes(event.kind)) now.waits = null;
  const top = innermost(now, taskOf(event));
  if (top && event.line && !["enter", "leave"].includes(event.kind)) top.line = event.line;
  if (event.kind in STEPS) STEPS[event.kind](now, event, top);
  const name = event.kind === "enter" ? "" : laneOf(event);
  if (name) {
    const blank = { name, poem: "", size: null, open: false, arrived: 0, read: 0, got: 0, how: "" };
    const lane = entry(now.lanes, name) ?? add(now.lanes, name, blank);
    if (event.kind in LANES) LANES[event.kind](lane, event);
  }
  if (event.kind === "deferred") add(now.deferreds, event.deferred, made(event));
  const deferred = event.deferred && entry(now.deferreds, event.deferred);
  if (deferred) {
    deferred.touched = now.n;
    if (event.kind in CHAINS) CHAINS[event.kind](deferred, event);
  }
}

// What the other events do, by their kind.

const STEPS = {
  enter(now, event, top) {
    if (top && event.at) top.line = event.at;
    const { call, line, by } = event;
    const task = taskOf(event);
    now.stack.push({ call, function: event.function, line, by, task, loops: false, left: "" });
  },
  leave(now, event) {
    const call = now.stack.find((one) => one.call === event.call);
    if (call) Object.assign(call, { line: event.line, left: event.how, value: event.value });
  },
  reactor(now, event, top) {
    now.loops = event.does === "runs";
    if (top) top.loops = now.loops;
  },
  wait(now, event) {
    if (!event.thread) now.waits = { call: event.call, until: event.until, by: event.by ?? "" };
  },
  timer(now, event) {
    const { timer, calls } = event;
    now.timers.set(timer, { timer, calls, at: event.t + event.delay });
  },
  timer_fired(now, event) {
    now.timers.delete(event.timer);
  },
  timer_cancelled(now, event) {
    now.timers.delete(event.timer);
  },
  print(now) {
    now.printed += 1;
  },
  exit(now, event) {
    now.exit = { status: event.status, how: event.how ?? "exit" };
  },
};

const LANES = {
  open(lane, event) {
    Object.assign(lane, { open: true, poem: event.poem ?? "", size: event.size ?? null });
  },
  sent(lane, event) {
    lane.arrived += event.bytes;
  },
  read(lane, event) {
    lane.read += event.bytes;
  },
  got(lane, event) {
    lane.got += event.bytes;
  },
  close(lane, event) {
    Object.assign(lane, { open: false, how: event.how });
  },
};

// A Deferred: its pairs, the value or failure in its hand, the pair that runs, on whom it waits.
function made(event) {
  return {
    deferred: event.deferred,
    generator: event.generator ?? "",
    line: event.line ?? 0,
    function: event.function ?? "",
    pairs: [],
    hand: null,
    runs: 0,
    waits: 0,
    fired: 0, // how often
    cancelled: false,
    unhandled: false,
    of: [], // whose results it joins
  };
}

const CHAINS = {
  pair(deferred, event) {
    const { pair, callback, errback } = event;
    const [joins, resumes] = [event.joins ?? 0, event.resumes ?? 0];
    deferred.pairs.push({ pair, callback, errback, joins, resumes, ran: "", how: "" });
  },
  fired(deferred, event) {
    deferred.fired += 1;
    if (!event.again) deferred.hand = hand(event, event.value);
  },
  runs(deferred, event) {
    deferred.runs = event.pair;
    mark(deferred, event, "runs");
  },
  ran(deferred, event) {
    deferred.runs = 0;
    deferred.hand = hand(event, event.gave);
    mark(deferred, event, event.how ?? "returned");
  },
  paused(deferred, event) {
    deferred.waits = event.on;
  },
  resumed(deferred, event) {
    Object.assign(deferred, { waits: 0, hand: hand(event, event.value) });
  },
  enter(deferred, event) {
    if (event.resumed) deferred.waits = 0;
  },
  cancelled(deferred) {
    deferred.cancelled = true;
  },
  unhandled(deferred) {
    deferred.unhandled = true;
  },
  join(deferred, event) {
    deferred.of = event.of;
  },
};

function hand(event, value) {
  return { value, failed: event.failed ?? false };
}

// Note which side of a pair runs, or ran, and how it went.
function mark(deferred, event, how) {
  const pair = deferred.pairs.find((one) => one.pair === event.pair);
  if (pair) Object.assign(pair, { ran: event.side, how });
}
