// The parse tree of the frame that is shown: objects with their parts, a picture and a colour each.

import { chosenTools, showTools } from "./tools.js";
import { drawThumbnail, showCloseUp } from "./crops.js";
import { count, each, element, get, isolated, percent, seconds, text } from "./dom.js";
import { boxes } from "./places.js";
import { choose, light, onSelection, selection } from "./selection.js";
import { pictureState } from "./picture.js";

const THUMBNAIL = 80; // pixels of a side
const known = new Map(); // what was last seen of objects that are kept in the list
let shown = { objects: [], hidden: [], names: {} };
let lies = new Map(); // where in the frame each object lies

// What a user calls an object, and those that are seen as one with it.
const given = ({ name }) =>
  name
    .split("+")
    .map((id) => shown.names[id])
    .filter(Boolean)
    .join("+");
const label = (object) =>
  given(object) ? `${isolated(given(object))} (${object.name})` : `Object ${object.name}`;

// The object in sight that another is seen as one with.
const wholeOf = (id) => shown.objects.find((object) => object.name.split("+").includes(String(id)));

export function showTree(state) {
  shown = state;
  const { objects } = state;
  const parts = objects.reduce((sum, object) => sum + object.parts.length, 0);
  text(get("count"), objects.length ? `${objects.length}, with ${count(parts, "part")}` : "");
  get("picture").setAttribute("aria-label", `Live picture with ${count(objects.length, "object")}`);
  lies = boxes(pictureState.maps);
  list();
}

// Pinned objects first; pinned, chosen and followed ones also while they are out of sight.
function list() {
  const { pinned, chosen, followed } = selection;
  const seen = new Set(shown.objects.map((object) => object.id));
  const kept = new Set([...pinned, chosen, followed]);
  for (const object of shown.objects) known.set(object.id, object);
  for (const id of known.keys()) if (!kept.has(id) && !seen.has(id)) known.delete(id);
  const away = [...kept].filter((id) => known.has(id) && !seen.has(id)).map((id) => known.get(id));
  const rows = [
    ...shown.objects,
    ...away.map((object) => ({ ...object, name: String(object.id), parts: [], is_away: true })),
  ];
  rows.sort((one, other) => pinned.has(other.id) - pinned.has(one.id) || one.id - other.id);
  get("nothing").hidden = rows.length > 0;
  get("columns").hidden = rows.length === 0;
  each(get("tree"), rows, showObject);
  const object = wholeOf(followed) || known.get(followed);
  showCloseUp(object && lies.get(object.id), object ? label(object) : "");
}

function showObject(item, object) {
  if (!item.firstChild) begin(item, object.id);
  const [thumbnail, row, , parts] = item.children;
  item.style.borderLeftColor = object.colour;
  item.classList.toggle("away", Boolean(object.is_away));
  item.classList.toggle("undrawn", shown.hidden.includes(object.id));
  item.classList.toggle("pinned", selection.pinned.has(object.id));
  const whole = wholeOf(object.id);
  const away = whole ? `with ${whole.id}` : "away";
  fill(row, label(object), object, object.is_away ? away : seconds(object.age_seconds));
  if (lies.has(object.id)) drawThumbnail(thumbnail, lies.get(object.id));
  each(parts, object.parts, (inner, part) => {
    if (!inner.firstChild) {
      inner.append(node(element("span")));
      inner.addEventListener("pointerenter", () => light(object.id, part.id));
      inner.addEventListener("pointerleave", () => light(object.id));
    }
    fill(inner.firstChild, `part ${part.name}`, part, seconds(part.age_seconds));
  });
  mark(item, object.id);
  if (selection.chosen === object.id)
    showTools(object.id, shown.names[object.id] || "", shown.hidden.includes(object.id));
}

function begin(item, id) {
  const name = element("button", { type: "button", class: "name", "aria-pressed": "false" });
  const thumbnail = element("canvas", { class: "thumbnail", width: THUMBNAIL, height: THUMBNAIL });
  thumbnail.setAttribute("aria-hidden", "true");
  item.append(thumbnail, node(name), element("div", { class: "tools" }), element("ul"));
  item.addEventListener("pointerenter", () => light(id));
  item.addEventListener("pointerleave", () => light(0));
  name.addEventListener("focus", () => light(id));
  name.addEventListener("blur", () => item.matches(":hover") || light(0));
  name.addEventListener("click", () => choose(id));
  thumbnail.addEventListener("click", () => choose(id));
}

function node(name) {
  const [score, age] = ["score", "age"].map((title) => element("span", { title }));
  const figures = element("span", { class: "score-and-age" }, score, age);
  return element("div", { class: "node" }, name, figures);
}

function fill(row, name, entry, age) {
  const [called, figures] = row.children;
  text(called, name);
  text(figures.children[0], percent(entry.score));
  text(figures.children[1], age);
}

// Lit up, chosen, or neither.
function mark(item, id) {
  const isChosen = selection.chosen === id;
  item.classList.toggle("lit", selection.lit !== null && selection.lit.object === id);
  item.classList.toggle("chosen", isChosen);
  item.querySelector(".name").setAttribute("aria-pressed", String(isChosen));
  if (isChosen && !item.children[2].firstChild) item.children[2].append(chosenTools);
}

let chosenBefore = null;
onSelection(() => {
  for (const item of get("tree").children) mark(item, Number(item.dataset.id));
  if (selection.chosen === null) chosenTools.remove();
  else if (selection.chosen !== chosenBefore) {
    const item = get("tree").querySelector(`li[data-id="${selection.chosen}"]`);
    if (item) item.scrollIntoView({ block: "nearest" });
  }
  chosenBefore = selection.chosen;
  if (pictureState.maps !== null) list();
});
