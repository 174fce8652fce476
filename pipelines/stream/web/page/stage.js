// The picture, what lies over it, and where the pointer is in it.

import { get } from "./dom.js";
import { decoded, idAt } from "./places.js";
import { choose, light, onSelection, selection } from "./selection.js";

const picture = get("picture");
const pen = picture.getContext("2d");
const overlay = get("overlay");
const overlayPen = overlay.getContext("2d");
const DIMMED = 150; // opacity, of 255, of what is laid over all that is not lit up

export const stage = { maps: null, tiles: { rows: 1, columns: 1 }, pointer: null, isCovered: false };
// pointer: where it is in the frame, as shares of width and height; null outside. isCovered: whether
// something else than a lit object lies over the picture.

const painters = [];

// A painter draws over the picture: painter(pen, width, height), for each copy of the frame in it.
export function onPaint(painter) {
  painters.push(painter);
}

const pointing = [];

// Called when the pointer has moved in the picture or left it.
export function onPointer(listener) {
  pointing.push(listener);
}

export function drawPicture(image) {
  if (picture.width !== image.width || picture.height !== image.height) {
    picture.width = image.width;
    picture.height = image.height;
  }
  pen.drawImage(image, 0, 0);
}

export function showPlaces(places, tiles) {
  stage.maps = decoded(places);
  stage.tiles = tiles;
  overlay.width = places.width * tiles.columns;
  overlay.height = places.height * tiles.rows;
  if (stage.pointer) lightUnder(stage.pointer);
  paint();
}

export function paint() {
  if (stage.maps === null) return;
  const { width, height } = stage.maps;
  overlayPen.clearRect(0, 0, overlay.width, overlay.height);
  for (let row = 0; row < stage.tiles.rows; row++) {
    for (let column = 0; column < stage.tiles.columns; column++) {
      overlayPen.setTransform(1, 0, 0, 1, column * width, row * height);
      painters.forEach((painter) => painter(overlayPen, width, height));
    }
  }
  overlayPen.setTransform(1, 0, 0, 1, 0, 0);
}

// What is lit up stays as it is, all else is dimmed.
function paintLit(target, width, height) {
  const lit = selection.lit || (selection.chosen && { object: selection.chosen, part: 0 });
  const [level, id] = lit && lit.part ? ["part", lit.part] : ["object", lit && lit.object];
  if (!lit || stage.isCovered || !stage.maps[level].includes(id)) return;
  const cover = new ImageData(width, height);
  stage.maps[level].forEach((other, at) => {
    cover.data[4 * at + 3] = other === id ? 0 : DIMMED;
  });
  const layer = new OffscreenCanvas(width, height);
  layer.getContext("2d").putImageData(cover, 0, 0);
  target.drawImage(layer, 0, 0);
}

// Where an event is in the frame; null beside the picture. The canvas keeps the picture's
// proportions inside of its box.
function placeOf(event) {
  const box = picture.getBoundingClientRect();
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const x = (event.clientX - box.left - (box.width - scale * picture.width) / 2) / scale / picture.width;
  const y = (event.clientY - box.top - (box.height - scale * picture.height) / 2) / scale / picture.height;
  if (x < 0 || x >= 1 || y < 0 || y >= 1) return null;
  return { x: (x * stage.tiles.columns) % 1, y: (y * stage.tiles.rows) % 1 };
}

function lightUnder(place) {
  light(idAt(stage.maps, "object", place));
}

// Place: x and y as shares of the frame; null: nowhere.
export function point(place) {
  stage.pointer = place;
  if (stage.maps === null) return;
  if (place) lightUnder(place);
  else light(0);
  pointing.forEach((listener) => listener());
}

// The object at a place; where there is none, nothing is chosen any longer.
export function chooseAt(place) {
  const id = place && stage.maps ? idAt(stage.maps, "object", place) : 0;
  if (id !== 0) choose(id);
  else if (selection.chosen !== null) choose(selection.chosen);
}

onPaint(paintLit);
onSelection(paint);
picture.addEventListener("pointermove", (event) => point(placeOf(event)));
picture.addEventListener("pointerdown", (event) => point(placeOf(event)));
picture.addEventListener("pointerleave", (event) => {
  if (event.pointerType === "mouse") point(null); // a finger that is lifted still means its place
});
picture.addEventListener("click", (event) => chooseAt(placeOf(event)));
