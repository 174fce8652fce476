// The islands themselves: how alike every column is to the one under the pointer, as a heat map,
// and which contributions made that one.

import { answerNow } from "./connection.js";
import { element, get, percent, text } from "./dom.js";
import { onPaint, onPointer, paint, pictureState } from "./picture.js";

// OpenCV's cividis at equal steps from 0 to 1, the same for colour-blind eyes; agreement is
// drawn in it.
const CIVIDIS = [
  [0, 34, 78],
  [0, 49, 112],
  [42, 63, 109],
  [67, 78, 108],
  [87, 93, 109],
  [106, 108, 113],
  [125, 124, 120],
  [145, 139, 120],
  [165, 156, 116],
  [187, 173, 109],
  [209, 191, 97],
  [233, 211, 78],
  [254, 232, 56],
];
const OPACITY = 0.8;

let heat = null; // a canvas with a pixel per column
let island = null;

export const level = () => (get("islands").value === "" ? null : Number(get("islands").value));
export const isOn = () => level() !== null;

// Where the page points, for the server; null while no island is wanted.
export const pointedAt = () =>
  isOn() && pictureState.pointer ? [pictureState.pointer.x, pictureState.pointer.y] : null;

function colour(value) {
  const place = (value / 255) * (CIVIDIS.length - 1);
  const below = CIVIDIS[Math.floor(place)];
  const above = CIVIDIS[Math.ceil(place)];
  return below.map((channel, at) => channel + (above[at] - channel) * (place % 1));
}

export function showLevels(names) {
  const select = get("islands");
  if (select.options.length === names.length + 1) return;
  select.replaceChildren(element("option", { value: "" }, "off"));
  names.forEach((name, at) => select.append(element("option", { value: at }, name)));
}

export function showIsland(found) {
  island = isOn() ? found : null;
  heat = island === null ? null : heatOf(island);
  pictureState.isCovered = heat !== null;
  get("column").hidden = !isOn();
  get("pointing").hidden = island !== null;
  get("contributions").hidden = island === null;
  if (island !== null) showContributions(island.contributions);
  paint();
}

function heatOf({ width, height, similarity }) {
  const values = Uint8Array.from(atob(similarity), (sign) => sign.charCodeAt(0));
  const pixels = new ImageData(width, height);
  values.forEach((value, at) => pixels.data.set([...colour(value), 255], 4 * at));
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

// The four bars keep their places; widths are shares of the whole.
function showContributions(weights) {
  for (const bar of get("contributions").children) {
    const share = weights[bar.dataset.name];
    bar.style.setProperty("--share", share);
    text(bar.querySelector("output"), percent(share));
  }
}

function paintHeat(context, width, height) {
  if (heat === null) return;
  context.globalAlpha = OPACITY;
  context.drawImage(heat, 0, 0, width, height);
  context.globalAlpha = 1;
  const x = ((island.column % island.width) + 0.5) * (width / island.width);
  const y = (Math.floor(island.column / island.width) + 0.5) * (height / island.height);
  for (const [line, ink] of [
    [3, "#000"],
    [1.5, "#fff"],
  ]) {
    context.lineWidth = line;
    context.strokeStyle = ink;
    context.beginPath();
    context.arc(x, y, width / 64, 0, 2 * Math.PI);
    context.stroke();
  }
}

onPaint(paintHeat);
onPointer(answerNow);
get("islands").addEventListener("change", () => {
  showIsland(null);
  answerNow();
});
