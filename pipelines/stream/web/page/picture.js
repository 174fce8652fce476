// The picture, what lies over it, and where the pointer is in it.

import { get } from "./dom.js";
import { decoded, idAt } from "./places.js";
import { choose, light, onSelection, selection } from "./selection.js";

const picture = get("picture");
const context = picture.getContext("2d");
const overlay = get("overlay");
const overlayContext = overlay.getContext("2d");
const DIMMED = 150; // opacity, of 255, of what is laid over all that is not lit up

export const pictureState = {
  maps: null,
  tiles: { rows: 1, columns: 1 },
  pointer: null,
  isCovered: false,
};
// pointer: where it is in the frame, as shares of width and height; null outside. isCovered:
// whether something else than a lit object lies over the picture.

const painters = [];

// A painter draws over the picture: painter(context, width, height), for each copy of the frame in
// it.
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
  context.drawImage(image, 0, 0);
}

export function showPlaces(places, tiles) {
  pictureState.maps = decoded(places);
  pictureState.tiles = tiles;
  overlay.width = places.width * tiles.columns;
  overlay.height = places.height * tiles.rows;
  if (pictureState.pointer) lightUnder(pictureState.pointer);
  paint();
}

export function paint() {
  if (pictureState.maps === null) return;
  const { width, height } = pictureState.maps;
  overlayContext.clearRect(0, 0, overlay.width, overlay.height);
  for (let row = 0; row < pictureState.tiles.rows; row++) {
    for (let column = 0; column < pictureState.tiles.columns; column++) {
      overlayContext.setTransform(1, 0, 0, 1, column * width, row * height);
      painters.forEach((painter) => painter(overlayContext, width, height));
    }
  }
  overlayContext.setTransform(1, 0, 0, 1, 0, 0);
}

// What is lit up stays as it is, all else is dimmed.
function paintLit(target, width, height) {
  const lit = selection.lit || (selection.chosen && { object: selection.chosen, part: 0 });
  const [level, id] = lit && lit.part ? ["part", lit.part] : ["object", lit && lit.object];
  if (!lit || pictureState.isCovered || !pictureState.maps[level].includes(id)) return;
  const cover = new ImageData(width, height);
  pictureState.maps[level].forEach((other, at) => {
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
  const x =
    (event.clientX - box.left - (box.width - scale * picture.width) / 2) / scale / picture.width;
  const y =
    (event.clientY - box.top - (box.height - scale * picture.height) / 2) / scale / picture.height;
  if (x < 0 || x >= 1 || y < 0 || y >= 1) return null;
  return { x: (x * pictureState.tiles.columns) % 1, y: (y * pictureState.tiles.rows) % 1 };
}

function lightUnder(place) {
  light(idAt(pictureState.maps, "object", place));
}

// Place: x and y as shares of the frame; null: nowhere.
export function point(place) {
  pictureState.pointer = place;
  if (pictureState.maps === null) return;
  if (place) lightUnder(place);
  else light(0);
  pointing.forEach((listener) => listener());
}

// The object at a place; where there is none, nothing is chosen any longer.
export function chooseAt(place) {
  const id = place && pictureState.maps ? idAt(pictureState.maps, "object", place) : 0;
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
