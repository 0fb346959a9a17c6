// What the guide's pages do beside being read: cover an output until it is guessed, play a run in its
// place and, where they are served, show a race and the checks of the reader's file. Without it each
// can be read as it is.
"use strict";

function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

// An output is covered until the reader has written what he expects; then both stand side by side.
for (const details of document.querySelectorAll("details.guess")) {
  const output = details.querySelector("pre");
  const guess = element("textarea");
  guess.setAttribute("aria-label", details.dataset.guess);
  const show = element("button", details.dataset.show);
  show.type = "button";
  show.disabled = true;
  guess.addEventListener("input", () => { show.disabled = guess.value.trim() === ""; });
  const both = element("div", undefined, "both");
  const mine = element("div"), ours = element("div");
  mine.append(element("p", details.dataset.yours));
  const said = details.querySelector("summary").textContent;
  show.addEventListener("click", () => {
    const kept = element("pre", guess.value);
    kept.tabIndex = 0;
    mine.append(kept);
    ours.append(element("p", said), output);
    both.append(mine, ours);
    guess.replaceWith(both);
    show.remove();
    output.focus();
  });
  output.remove();
  details.append(element("p", details.dataset.guess), guess, show);
}

// A run is stepped through in its place, from the time that it is opened: each time anew.
for (const details of document.querySelectorAll("details.play")) {
  details.addEventListener("toggle", () => {
    details.querySelector("iframe")?.remove();
    if (!details.open) return;
    const frame = element("iframe", undefined, "broad");
    frame.src = details.dataset.player;
    frame.title = details.dataset.title;
    details.append(frame);
  });
}

// Show in a place what an address says, again and again until it is over; each news is said.
async function follow(place, address, pause) {
  const status = place.querySelector("[role=status]"), body = place.querySelector("[data-body]");
  let before = "";
  for (;;) {
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok) {
      status.textContent = place.dataset.gone;
      status.classList.remove("unseen");
      return;
    }
    const text = await answer.text();
    if (text !== before) {
      before = text;
      body.innerHTML = text;
      const said = body.querySelector("[data-said]").dataset.said;
      if (said !== status.textContent) status.textContent = said;
    }
    if (body.querySelector("[data-over]")) return;
    await new Promise((go) => setTimeout(go, pause));
  }
}

for (const place of document.querySelectorAll("[data-follow]")) {
  follow(place, place.dataset.follow, 300);
}

for (const form of document.querySelectorAll("form.choose")) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body }).catch(() => null);
    const text = answer ? await answer.text() : form.dataset.gone;
    if (answer?.ok) await follow(form, text, 150);
    else form.querySelector("[role=status]").textContent = text;
    button.disabled = false;
  });
}
