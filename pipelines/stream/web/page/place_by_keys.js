// A place in the picture without a pointing device: arrow keys move it, Enter chooses what lies
// there, Escape leaves it.

import { get, text } from "./dom.js";
import { idAt, LEVELS } from "./places.js";
import { chooseAt, onPaint, paint, pictureState, point } from "./picture.js";

const STEP = 0.025; // of the frame
const FINE = 0.005; // with shift
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const CENTRE = { x: 0.5, y: 0.5 };

const picture = get("picture");
let last = CENTRE; // where the keys were last
let isShown = false;

function go(place) {
  last = place;
  isShown = true;
  point(place);
  paint();
  text(get("place"), told(place));
}

function leave() {
  if (!isShown) return;
  isShown = false;
  point(null);
  paint();
  text(get("place"), "");
}

const share = (value) => `${Math.round(1000 * value) / 10} %`;

function told(place) {
  const [part, object] = pictureState.maps
    ? LEVELS.map((level) => idAt(pictureState.maps, level, place))
    : [0, 0];
  const what =
    object === 0 ? "no object" : part === 0 ? `object ${object}` : `object ${object}, part ${part}`;
  return `${share(place.x)} from the left, ${share(place.y)} from the top: ${what}`;
}

const within = (value) => Math.round(1000 * Math.min(1, Math.max(0, value))) / 1000;

function move(by, step) {
  const from = isShown ? last : pictureState.pointer || last;
  go({ x: within(from.x + by[0] * step), y: within(from.y + by[1] * step) });
}

// A cross that is seen on any picture.
function paintCross(context, width, height) {
  if (!isShown) return;
  const [x, y, reach] = [last.x * width, last.y * height, width / 32];
  for (const [line, ink] of [
    [3, "#000"],
    [1, "#fff"],
  ]) {
    context.lineWidth = line;
    context.strokeStyle = ink;
    context.beginPath();
    context.moveTo(x - reach, y);
    context.lineTo(x + reach, y);
    context.moveTo(x, y - reach);
    context.lineTo(x, y + reach);
    context.stroke();
  }
}

onPaint(paintCross);
picture.addEventListener("focus", () => {
  if (picture.matches(":focus-visible")) go(last);
});
picture.addEventListener("blur", leave);
for (const kind of ["pointermove", "pointerdown"])
  picture.addEventListener(kind, () => {
    isShown = false;
  });
picture.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const by = MOVES[event.key];
  if (by) move(by, event.shiftKey ? FINE : STEP);
  else if (event.key === "Enter" && isShown) chooseAt(last);
  else if (event.key === "Escape") leave();
  else return;
  event.preventDefault();
});
