// Zones and lines over the picture, and what is being drawn of a new one.

import { get } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const picture = get("picture");
const SMALLEST = 12; // height of a name, in pixels of the screen

export const layer = document.createElementNS(SVG, "svg");
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

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// Above a point, or below it where the picture ends; no smaller than can be read.
function label(name, [x, y], height) {
  const size = Math.max(
    height / 22,
    (SMALLEST * picture.height) / (picture.offsetHeight || picture.height),
  );
  const words = shape("text", {
    x,
    y: y > 1.3 * size ? y - 0.3 * size : y + 1.1 * size,
    "font-size": size,
  });
  words.textContent = name;
  return words;
}

// The arrow at a line's middle points to its right.
function arrow([[x1, y1], [x2, y2]], height) {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const reach = height / 25;
  const [dx, dy] = [((x2 - x1) / length) * reach, ((y2 - y1) / length) * reach];
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const corners = [
    [x + dx / 2, y + dy / 2],
    [x - dx / 2, y - dy / 2],
    [x - dy, y + dx],
  ];
  return shape("polygon", { points: corners.join(" "), class: "arrow" });
}

// shown: zones and lines, and the frame's width and height in pixels. fresh: the points of a new
// one. A layout may show more than the frame, which is then the picture's top left tile.
export function paintZones({ zones, lines, width, height }, fresh) {
  place();
  const inPixels = ([x, y]) => [x * width, y * height];
  const written = (points) => points.map((point) => inPixels(point).join(",")).join(" ");
  const named = ({ name, points }) => label(name, inPixels(points[0]), height);
  const shapes = zones.flatMap((zone) => [
    shape("polygon", { points: written(zone.points) }),
    named(zone),
  ]);
  for (const line of lines)
    shapes.push(
      shape("polyline", { points: written(line.points) }),
      arrow(line.points.map(inPixels), height),
      named(line),
    );
  if (fresh.length) shapes.push(shape("polyline", { points: written(fresh), class: "new" }));
  for (const [cx, cy] of fresh.map(inPixels))
    shapes.push(shape("circle", { cx, cy, r: height / 80, class: "new" }));
  layer.replaceChildren(...shapes);
}
