// Pieces of the picture: a small one in each row of the tree, a large one of the followed object.

import { get, text } from "./dom.js";
import { onSelection, selection } from "./selection.js";
import { pictureState } from "./picture.js";

const picture = get("picture");
const MARGIN = 0.15; // of an object's box, on each side
const SMOOTHING = 0.25; // how far the close-up goes towards the object with each frame
let view = null; // of the close-up, in pixels of the picture

// A square around a box, in pixels of the picture, inside of the first copy of the frame.
function square(box) {
  const width = picture.width / pictureState.tiles.columns;
  const height = picture.height / pictureState.tiles.rows;
  const wide = (box.right - box.left) * width;
  const high = (box.bottom - box.top) * height;
  const side = Math.min(Math.max(wide, high) * (1 + 2 * MARGIN), width, height);
  const within = (centre, most) => Math.min(Math.max(centre - side / 2, 0), most - side);
  return {
    left: within(((box.left + box.right) / 2) * width, width),
    top: within(((box.top + box.bottom) / 2) * height, height),
    side,
  };
}

function draw(canvas, from) {
  const context = canvas.getContext("2d");
  context.drawImage(
    picture,
    from.left,
    from.top,
    from.side,
    from.side,
    0,
    0,
    canvas.width,
    canvas.height,
  );
}

export const drawThumbnail = (canvas, box) => draw(canvas, square(box));

// Of the followed object: where it lies, undefined where it is out of sight, and what it is called.
export function showCloseUp(box, label) {
  const figure = get("closeup");
  figure.hidden = selection.followed === null;
  if (figure.hidden) return;
  figure.classList.toggle("away", box === undefined);
  text(get("closeup-label"), box === undefined ? `${label}, out of sight` : label);
  if (box === undefined) return;
  const wanted = square(box);
  if (view === null) view = wanted;
  for (const side of ["left", "top", "side"]) view[side] += SMOOTHING * (wanted[side] - view[side]);
  draw(get("closeup-picture"), view);
}

let before = null;
onSelection(() => {
  if (selection.followed !== before) view = null;
  before = selection.followed;
  get("closeup").hidden = selection.followed === null;
});
