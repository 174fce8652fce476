// Zones and lines: drawn over the picture, listed with their counts, drawn anew and taken away.

import { each, element, get, text } from "./dom.js";
import { ask } from "./requests.js";

const SVG = "http://www.w3.org/2000/svg";
const picture = get("picture");
const drawing = { kind: null, points: [] };
let shown = null; // what the server says of zones, last

// --- over the picture

const layer = document.createElementNS(SVG, "svg");
layer.id = "zone-layer";
layer.setAttribute("aria-hidden", "true");
picture.after(layer);

// The layer lies where the canvas lies, and keeps the picture's proportions as the canvas does.
function place() {
  for (const [side, value] of [
    ["left", picture.offsetLeft],
    ["top", picture.offsetTop],
    ["width", picture.offsetWidth],
    ["height", picture.offsetHeight],
  ])
    layer.style[side] = `${value}px`;
  layer.setAttribute("viewBox", `0 0 ${picture.width} ${picture.height}`);
}
new ResizeObserver(place).observe(picture);

// A layout may show more than the frame, which is then the picture's top left tile.
const inPixels = ([x, y]) => [x * shown.width, y * shown.height];
const written = (points) => points.map((point) => inPixels(point).join(",")).join(" ");

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function label(name, [x, y]) {
  const words = shape("text", { x, y, "font-size": shown.height / 22 });
  words.textContent = name;
  return words;
}

// The arrow at a line's middle points to its right.
function arrow([[x1, y1], [x2, y2]]) {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const reach = shown.height / 25;
  const [dx, dy] = [((x2 - x1) / length) * reach, ((y2 - y1) / length) * reach];
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const corners = [[x + dx / 2, y + dy / 2], [x - dx / 2, y - dy / 2], [x - dy, y + dx]];
  return shape("polygon", { points: corners.join(" "), class: "arrow" });
}

function paint() {
  if (shown === null) return;
  place();
  const shapes = shown.zones.flatMap((zone) => [
    shape("polygon", { points: written(zone.points) }),
    label(zone.name, inPixels(zone.points[0])),
  ]);
  for (const line of shown.lines) {
    shapes.push(shape("polyline", { points: written(line.points) }));
    shapes.push(arrow(line.points.map(inPixels)), label(line.name, inPixels(line.points[0])));
  }
  if (drawing.points.length) {
    shapes.push(shape("polyline", { points: written(drawing.points), class: "new" }));
    for (const [cx, cy] of drawing.points.map(inPixels))
      shapes.push(shape("circle", { cx, cy, r: shown.height / 80, class: "new" }));
  }
  layer.replaceChildren(...shapes);
}

// --- the list

function counted(name, counts) {
  if ("inside" in counts) return `${name}: ${counts.inside} inside, ${counts.entered} entered, ${counts.left} left`;
  return `${name}: ${counts.to_left} to the left, ${counts.to_right} to the right`;
}

function list() {
  const places = [...shown.zones, ...shown.lines];
  const entries = places.map((one) => ({ id: `${one.source} ${one.name}`, ...one }));
  each(get("zone-list"), entries, (item, one) => {
    if (!item.firstChild) {
      const remove = element("button", { type: "button" }, "Remove");
      remove.addEventListener("click", () => take(one));
      remove.setAttribute("aria-label", `Remove ${one.name}`);
      item.append(element("span"), remove);
    }
    text(item.firstChild, counted(one.name, shown.counts[one.name]));
  });
}

// --- drawing

const HINTS = {
  zone: "Click the corners in the picture, then Done or Enter; Escape leaves it.",
  line: "Click where the line begins and where it ends; Escape leaves it.",
};

const names = () => new Set([...shown.zones, ...shown.lines].map((one) => one.name));

function freeName(kind) {
  const taken = names();
  let number = 1;
  while (taken.has(`${kind} ${number}`)) number += 1;
  return `${kind} ${number}`;
}

function begin(kind) {
  if (shown === null) return;
  drawing.kind = kind;
  drawing.points = [];
  layer.classList.add("drawing");
  get("zone-naming").hidden = false;
  get("zone-done").hidden = kind === "line";
  get("zone-name").value = freeName(kind);
  text(get("zone-hint"), HINTS[kind]);
  paint();
}

function end() {
  drawing.kind = null;
  drawing.points = [];
  layer.classList.remove("drawing");
  get("zone-naming").hidden = true;
  text(get("zone-hint"), "");
  paint();
}

async function send(zones, lines) {
  const answer = await ask("zones", { zones, lines });
  text(get("zone-problem"), answer.ok ? "" : await answer.text());
  return answer.ok;
}

async function keep() {
  if (drawing.kind === null || drawing.points.length < (drawing.kind === "zone" ? 3 : 2)) return;
  const made = { name: get("zone-name").value.trim(), points: drawing.points, source: shown.source };
  if (made.name === "" || names().has(made.name)) {
    text(get("zone-problem"), made.name === "" ? "It needs a name." : `There is a ${made.name} already.`);
    return;
  }
  const isZone = drawing.kind === "zone";
  const zones = isZone ? [...shown.zones, made] : shown.zones;
  if (await send(zones, isZone ? shown.lines : [...shown.lines, made])) end();
}

function take(one) {
  const others = (all) => all.filter((other) => other.name !== one.name || other.source !== one.source);
  send(others(shown.zones), others(shown.lines));
}

const rounded = (share) => Math.round(1e4 * Math.min(1, Math.max(0, share))) / 1e4;

layer.addEventListener("click", (event) => {
  if (drawing.kind === null) return;
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(layer.getScreenCTM().inverse());
  drawing.points.push([rounded(at.x / shown.width), rounded(at.y / shown.height)]);
  paint();
  if (drawing.kind === "line" && drawing.points.length === 2) keep();
});
get("draw-zone").addEventListener("click", () => begin("zone"));
get("draw-line").addEventListener("click", () => begin("line"));
get("zone-done").addEventListener("click", keep);
get("zone-cancel").addEventListener("click", end);
get("zone-name").addEventListener("keydown", (event) => event.stopPropagation()); // letters are keys
document.addEventListener(
  "keydown",
  (event) => {
    if (drawing.kind === null || !["Enter", "Escape"].includes(event.key)) return;
    if (event.target.tagName === "BUTTON" && event.key === "Enter") return;
    event.preventDefault();
    if (event.key === "Enter") keep();
    else end();
  },
  true,
);

document.addEventListener("state", ({ detail: state }) => {
  shown = state.zones;
  if (shown.width === 0) shown = null;
  else {
    paint();
    list();
  }
});
