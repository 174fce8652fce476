// Zones and lines: listed with their counts, drawn anew by clicks, keys or typed corners, and taken
// away.

import { read, rounded, written } from "./corners.js";
import { each, element, get, isolated, text } from "./dom.js";
import { ask } from "./requests.js";
import { pictureState } from "./picture.js";
import { layer, paintZones } from "./zone_layer.js";

const drawing = { kind: null, points: [] };
let shown = null; // what the server says of zones, last

const paint = () => shown && paintZones(shown, drawing.points);

// --- the list

function counted(place, counts) {
  const name = isolated(place);
  if ("inside" in counts)
    return `${name}: ${counts.inside} inside, ${counts.entered} entered, ${counts.left} left`;
  return `${name}: ${counts.to_left} to the left, ${counts.to_right} to the right`;
}

function list() {
  const of = (kind) => shown[`${kind}s`].map((one) => ({ id: JSON.stringify(one), kind, ...one }));
  each(get("zone-list"), [...of("zone"), ...of("line")], (item, one) => {
    if (!item.firstChild) {
      const remove = element("button", { type: "button" }, "Remove");
      remove.addEventListener("click", () => take(one, one.kind));
      remove.setAttribute("aria-label", `Remove ${one.name}`);
      item.append(element("span"), remove);
    }
    text(item.firstChild, counted(one.name, shown.counts[one.name]));
  });
}

// --- drawing

const HINTS = {
  zone:
    "Click the corners, or move the cross in the picture with the arrow keys and put each with " +
    "Enter. Then press Done, or Enter again at the last corner. Escape cancels.",
  line:
    "Click where the line begins and where it ends, or move the cross with the arrow keys and " +
    "put each end with Enter. Escape cancels.",
};
const CORNERS = { zone: "Corners, %", line: "Ends, %" };
const EXAMPLE = { zone: "10 20, 90 20, 90 80", line: "50 95, 50 5" };
const LEAST = { zone: 3, line: 2 }; // corners
const MOST = { zone: Infinity, line: 2 };
const NEEDED = { zone: "A zone has 3 corners or more.", line: "A line has 2 ends." };

const problem = (words) => text(get("zone-problem"), words);
const names = () => new Set([...shown.zones, ...shown.lines].map((one) => one.name));

function freeName(kind) {
  const taken = names();
  let number = 1;
  while (taken.has(`${kind} ${number}`)) number += 1;
  return `${kind} ${number}`;
}

function begin(kind, isByKeys) {
  if (shown === null) return;
  drawing.kind = kind;
  layer.classList.add("drawing");
  get("zone-naming").hidden = false;
  get("zone-name").value = freeName(kind);
  text(get("zone-hint"), HINTS[kind]);
  text(get("zone-corners-label"), CORNERS[kind]);
  get("zone-corners").placeholder = EXAMPLE[kind];
  problem("");
  setPoints([]);
  if (isByKeys) get("picture").focus();
}

function end() {
  if (get("zone-naming").contains(document.activeElement)) get(`draw-${drawing.kind}`).focus();
  drawing.kind = null;
  drawing.points = [];
  layer.classList.remove("drawing");
  get("zone-naming").hidden = true;
  text(get("zone-hint"), "");
  problem("");
  paint();
}

function setPoints(points) {
  drawing.points = points;
  get("zone-corners").value = written(points);
  paint();
}

function addPoint(point) {
  setPoints([...drawing.points, point]);
  if (drawing.points.length === MOST[drawing.kind]) keep();
}

// change: what is added and what is removed, so that what others draw meanwhile stays.
async function send(change) {
  const answer = await ask("zones", change);
  problem(answer.ok ? "" : await answer.text());
  return answer.ok;
}

// What is wrong with a new one; "" where nothing is.
function refusal(name, points) {
  if (points === null)
    return "Give two numbers from 0 to 100 for each corner: % from the left, % from the top.";
  if (points.length < LEAST[drawing.kind] || points.length > MOST[drawing.kind])
    return NEEDED[drawing.kind];
  if (name === "") return "It needs a name.";
  return names().has(name) ? `There is a ${name} already.` : "";
}

async function keep() {
  const [name, points] = [get("zone-name").value.trim(), read(get("zone-corners").value)];
  problem(refusal(name, points));
  if (get("zone-problem").textContent) return;
  const made = { name, points, source: shown.source };
  if (await send({ added: { [`${drawing.kind}s`]: [made] } })) end();
}

async function take({ name, points, source }, kind) {
  if (await send({ removed: { [`${kind}s`]: [{ name, points, source }] } }))
    get("draw-zone").focus();
}

// Enter in the picture puts a corner where the place is, or keeps what ends there.
function enter() {
  const point = [rounded(pictureState.pointer.x), rounded(pictureState.pointer.y)];
  const last = drawing.points.at(-1);
  if (last && last[0] === point[0] && last[1] === point[1]) keep();
  else addPoint(point);
}

layer.addEventListener("click", (event) => {
  if (drawing.kind === null) return;
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(
    layer.getScreenCTM().inverse(),
  );
  addPoint([rounded(at.x / shown.width), rounded(at.y / shown.height)]);
});
for (const kind of ["zone", "line"])
  get(`draw-${kind}`).addEventListener("click", (event) => begin(kind, event.detail === 0));
get("zone-done").addEventListener("click", keep);
get("zone-cancel").addEventListener("click", end);
get("zone-corners").addEventListener("input", () => {
  drawing.points = read(get("zone-corners").value) || drawing.points;
  paint();
});

// Before any other listener: what is drawn has these keys.
document.addEventListener(
  "keydown",
  (event) => {
    if (drawing.kind === null || !["Enter", "Escape", "Backspace"].includes(event.key)) return;
    const isInPicture = event.target === get("picture");
    if (event.key === "Backspace" && !isInPicture) return;
    if (event.key === "Enter" && event.target.matches("button, a")) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat && event.key === "Enter") return; // held down since it pressed the button
    if (event.key === "Escape") end();
    else if (event.key === "Backspace") setPoints(drawing.points.slice(0, -1));
    else if (isInPicture && pictureState.pointer) enter();
    else keep();
  },
  true,
);

document.addEventListener("state", ({ detail: state }) => {
  shown = state.zones.width === 0 ? null : state.zones;
  if (shown === null) return;
  paint();
  list();
});
