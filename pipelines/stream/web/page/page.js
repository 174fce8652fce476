// The page: draws what the server sends and tells it once that is done, so that nothing piles up on
// the way. No library, no build step.

import { answerNow, connect, IDLE_MS } from "./connection.js";
import { clock, each, get, nextOf, percent, text, timeOf } from "./dom.js";
import { level, pointedAt, showIsland, showLevels } from "./islands.js";
import { isFile, loop, pause, showPlayback, step } from "./playback.js";
import { ask } from "./requests.js";
import { drawPicture, showPlaces } from "./picture.js";
import { forgetSelection } from "./selection.js";
import { showStatus, status } from "./status.js";
import { showTree } from "./tree.js";

const LEVELS = ["", "object", "part"];
const OPACITIES = [0.5, 0.8, 0, 0.25];
const LIST_MS = 250; // how often text changes: faster nobody can read
const HELD_MS = 1000; // how often it changes beside a picture that is held

let state = null;
let listedAt = 0;
let isHeld = false;
let hasRunEnded = false; // whatever answers next is another run
// Requests on their way: until they are answered the switches are the user's, not the server's.
let asked = 0;
// The server's count of changes at the last answer: a state older than that is not shown.
let answered = 0;

// --- what comes from the server

function take(newer) {
  state = newer;
  if (hasRunEnded) forgetSelection();
  hasRunEnded = false;
}

function draw(newer, image) {
  take(newer);
  drawPicture(image);
  if (state.frame === null) return; // as it was captured, while the model is loaded
  showPlaces(state.places, state.tiles);
  showTree(state);
  showLevels(state.levels);
}

function received(newer) {
  take(newer);
  if (isHeld && state.frame !== null) showTree(state); // names and what is hidden may be others
  document.body.dataset.settled = String(asked === 0 && state.display.changes >= answered);
  showIsland(state.island);
  showPlayback(state.playing);
  const now = performance.now();
  if (now - listedAt >= LIST_MS) {
    listedAt = now;
    show();
  }
}

function closed(why, hasEnded) {
  hasRunEnded ||= hasEnded;
  status("closed", `${why}, trying again`);
  get("picture").classList.add("old");
  showFigures(null);
  showStrip([], null, null);
  showRecording({ name: null, finished: 0 });
  answered = 0; // whatever answers next may have begun anew
}

const request = () => ({ point: pointedAt(), level: level() ?? 0, is_held: isHeld });

// A camera goes on by itself: the picture alone is held, and can be asked about.
function hold() {
  isHeld = !isHeld;
  answerNow();
  showStatus(state, isHeld);
}

// --- what is shown beside the picture

function show() {
  const { figures } = state;
  text(get("source"), state.source);
  get("all").hidden = !state.is_one_of_several;
  document.title = `${state.source} – glom-video live`;
  showStatus(state, isHeld);
  showFigures(state.has_begun ? figures : null);
  showStrip(state.stability, figures.stability, figures.background_stability);
  showDisplay(state.display);
  showRecording(state.recording);
  showNotices(state.notices);
  document.dispatchEvent(new CustomEvent("state", { detail: state }));
}

// figures: null where there are none, yet or any more.
function showFigures(figures) {
  const show = (id, words) => text(get(id), figures === null ? "–" : words(figures));
  show("fps", ({ fps }) => fps.toFixed(1));
  const latency = (ms) => (ms === null ? "–" : `${Math.round(ms)} ms`);
  show("p50", ({ latency_p50_ms: median }) => latency(median));
  show("p95", ({ latency_p95_ms: high }) => latency(high));
  show("dropped", ({ dropped_share: share }) => percent(share));
}

// values: by second; the others null where they are not known.
function showStrip(values, mean, background) {
  const strip = get("strip");
  while (strip.children.length > values.length) strip.lastChild.remove();
  while (strip.children.length < values.length) {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    bar.setAttribute("x", strip.children.length + 0.1);
    bar.setAttribute("width", 0.8);
    strip.append(bar);
  }
  values.forEach((value, second) => {
    const height = value === null ? 0 : Math.max(0.4, 20 * value);
    const bar = strip.children[second];
    bar.setAttribute("y", 20 - height);
    bar.setAttribute("height", height);
    bar.setAttribute("class", value !== null && value < 0.5 ? "low" : "");
  });
  const words = mean === null ? "–" : percent(mean);
  text(get("stability"), words);
  text(get("background"), background === null ? "" : `, background ${percent(background)}`);
  strip.setAttribute("aria-label", `Stability over the last minute: ${words}`);
}

function showDisplay(display) {
  if (asked > 0 || display.changes < answered) return;
  document.querySelector(`input[name=level][value="${display.level || ""}"]`).checked = true;
  get("ids").checked = display.with_ids;
  get("opacity").value = display.opacity;
  text(get("opacity-value"), percent(display.opacity));
}

function showRecording(recording) {
  const button = get("record");
  button.setAttribute("aria-pressed", String(recording.name !== null));
  const words = recording.name ? `Recording ${clock(recording.seconds)}` : "Record";
  text(button.querySelector("span"), words);
  get("recording").hidden = recording.finished === 0;
}

function showNotices(notices) {
  get("no-notice").hidden = notices.length > 0;
  const entries = notices
    .map((notice) => ({ id: `${notice.at} ${notice.text}`, ...notice }))
    .reverse();
  each(get("notices"), entries, (item, notice) => {
    text(item, `${timeOf(1000 * notice.at)} ${notice.text}`);
  });
}

// --- what the user may ask for

async function change(display) {
  asked += 1;
  document.body.dataset.settled = "false";
  try {
    const response = await ask("display", display);
    if (response.ok) answered = Math.max(answered, (await response.json()).changes);
  } finally {
    asked -= 1;
    listedAt = 0;
  }
}

const drawnLevel = () => document.querySelector("input[name=level]:checked").value;

function setOpacity(value) {
  get("opacity").value = value;
  text(get("opacity-value"), percent(value));
  change({ opacity: Number(value) });
}

const ACTIONS = {
  l: () => change({ level: nextOf(LEVELS, drawnLevel()) || null }),
  o: () => setOpacity(nextOf(OPACITIES, Number(get("opacity").value))),
  i: () => change({ with_ids: !get("ids").checked }),
  s: () => get("snapshot").click(),
  r: () => ask("record", get("record").getAttribute("aria-pressed") !== "true"),
  x: () => ask("reset", null),
  " ": () => (isFile() ? pause() : hold()),
  ",": () => isFile() && step(-1),
  ".": () => isFile() && step(1),
  c: () => isFile() && loop(),
  h: () => {
    get("keys").hidden = !get("keys").hidden;
    get("help").setAttribute("aria-expanded", String(!get("keys").hidden));
  },
};

get("levels").addEventListener("change", () => change({ level: drawnLevel() || null }));
get("ids").addEventListener("change", () => change({ with_ids: get("ids").checked }));
get("opacity").addEventListener("input", () => setOpacity(get("opacity").value));
get("record").addEventListener("click", ACTIONS.r);
get("reset").addEventListener("click", ACTIONS.x);
get("help").addEventListener("click", ACTIONS.h);

// Letters that are typed, and the space that presses a button or ticks a box.
function isMeantForElement(event) {
  const { target } = event;
  return (
    target.matches('input[type="text"]') ||
    (event.key === " " && target.matches("button, a, select, input:not([type=range])"))
  );
}

// What was clicked does not keep the keys: only who came to it by keyboard means it with space.
document.addEventListener("click", (event) => {
  const clicked = event.target.closest("button, a, input[type=checkbox], input[type=radio]");
  if (event.detail > 0 && clicked) clicked.blur();
});

document.addEventListener("keydown", (event) => {
  const action = ACTIONS[event.key.toLowerCase()];
  const isOther = event.ctrlKey || event.metaKey || event.altKey || event.repeat;
  if (!action || isOther || isMeantForElement(event)) return;
  event.preventDefault();
  action();
});

connect({
  path: "watch",
  draw,
  show: received,
  closed,
  request,
  delayMs: () => (isHeld ? HELD_MS : IDLE_MS),
});
