// A file: pause, step, seek, over and over, and when in it each object was seen.

import { clock, get, text } from "./dom.js";
import { ask } from "./requests.js";
import { light, onSelection, selection } from "./selection.js";

const SVG = "http://www.w3.org/2000/svg";
const LINE = 5; // height of a row, in pixels
let playing = null;
let isSeeking = false; // the slider is the user's until it is let go

export const isFile = () => playing !== null;

const steer = (request) => ask("playback", request);

export const pause = () => steer({ pause: !(playing.is_paused || playing.has_ended) });
export const step = (frames) => steer({ step: frames });
export const loop = () => steer({ loop: !playing.loops });

// Tenths of a second where the whole file lasts a few; its length is 0 while it is not known.
const TENTHS_BELOW = 10; // seconds
const isShort = (length) => length > 0 && length < TENTHS_BELOW;
const placeIn = (length, value) => (isShort(length) ? `${value.toFixed(1)} s` : clock(value));

export function showPlayback(told) {
  playing = told;
  get("playback").hidden = told === null;
  if (told === null) return;
  const isStill = told.is_paused || told.has_ended;
  get("pause").querySelector("span").className = isStill ? "play" : "pause";
  get("pause").setAttribute(
    "aria-label",
    told.has_ended ? "Play again" : isStill ? "Play" : "Pause",
  );
  get("loop").setAttribute("aria-pressed", String(told.loops));
  const slider = get("seek");
  slider.max = Math.max(told.duration_seconds, 0.01);
  if (!isSeeking) slider.value = told.position_seconds;
  showPosition();
  get("spans").style.setProperty("--position", slider.value / slider.max);
  showLines(told.spans);
}

function showPosition() {
  const length = playing.duration_seconds;
  const told = [Number(get("seek").value), length].map((value) => placeIn(length, value));
  text(get("position"), told.join(" / "));
  get("seek").setAttribute("aria-valuetext", told.join(" of "));
}

let shownLines = "";

// Bars stay the same elements while nothing changes, so that they can be pointed at.
function showLines(lines) {
  const told = JSON.stringify(lines);
  if (told === shownLines) return;
  shownLines = told;
  const drawing = get("spans").querySelector("svg");
  drawing.setAttribute("viewBox", `0 0 1 ${Math.max(1, lines.length) * LINE}`);
  drawing.style.height = `${lines.length * LINE}px`;
  const bars = lines.flatMap(({ id, colour, spans }, row) =>
    spans.map(([begin, end]) => {
      const bar = document.createElementNS(SVG, "rect");
      bar.setAttribute("x", begin);
      bar.setAttribute("width", end - begin);
      bar.setAttribute("y", row * LINE + 1);
      bar.setAttribute("height", LINE - 2);
      bar.setAttribute("fill", colour);
      bar.dataset.id = id;
      return bar;
    }),
  );
  drawing.replaceChildren(...bars);
  mark();
}

function mark() {
  const id = selection.lit ? selection.lit.object : selection.chosen;
  for (const bar of get("spans").querySelectorAll("rect"))
    bar.classList.toggle("dim", id !== null && Number(bar.dataset.id) !== id);
}

onSelection(mark);
get("spans").addEventListener("pointermove", (event) =>
  light(Number(event.target.dataset.id || 0)),
);
get("spans").addEventListener("pointerleave", () => light(0));
get("pause").addEventListener("click", pause);
get("before").addEventListener("click", () => step(-1));
get("after").addEventListener("click", () => step(1));
get("loop").addEventListener("click", loop);
get("seek").addEventListener("input", () => {
  isSeeking = true;
  showPosition();
});
get("seek").addEventListener("change", async () => {
  await steer({ seek: Number(get("seek").value) });
  isSeeking = false;
});
