// What can be done with the chosen object: name, pin, hide, follow.

import { element, text } from "./dom.js";
import { ask } from "./requests.js";
import { follow, pin, selection } from "./selection.js";

const LONGEST_NAME = 40;
const name = element("input", {
  type: "text",
  maxlength: LONGEST_NAME,
  placeholder: "Name",
  "aria-label": "Name",
});
name.autocomplete = "off";
const button = (words) => element("button", { type: "button", "aria-pressed": "false" }, words);
const [pinned, hidden, followed] = [button("Pin"), button("Hide"), button("Follow")];
const refused = element("p", { role: "alert", class: "refused" });

export const chosenTools = element("form", {}, name, pinned, hidden, followed, refused);

let shownOf = null;

export function showTools(id, givenName, isHidden) {
  if (shownOf !== id) text(refused, "");
  if (shownOf !== id || document.activeElement !== name) name.value = givenName;
  shownOf = id;
  pinned.setAttribute("aria-pressed", String(selection.pinned.has(id)));
  hidden.setAttribute("aria-pressed", String(isHidden));
  followed.setAttribute("aria-pressed", String(selection.followed === id));
}

async function mark(change) {
  const response = await ask("marks", { id: selection.chosen, ...change });
  text(refused, response.ok ? "" : await response.text());
}

chosenTools.addEventListener("submit", (event) => {
  event.preventDefault();
  name.blur();
});
name.addEventListener("change", () => mark({ name: name.value }));
pinned.addEventListener("click", () => pin(selection.chosen));
hidden.addEventListener("click", () =>
  mark({ hidden: hidden.getAttribute("aria-pressed") !== "true" }),
);
followed.addEventListener("click", () => follow(selection.chosen));
