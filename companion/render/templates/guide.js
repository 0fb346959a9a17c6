// What the guide's pages do beside being read: cover an output until it is guessed. Without it every
// page can be read as it is.
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
