"use strict";
// The page: draws what the server sends and tells it once that is done, so that nothing piles up on the way. No library, no build step.

const get = (id) => document.getElementById(id);
const picture = get("picture");
const pen = picture.getContext("2d");
const LEVELS = ["", "object", "part"];
const OPACITIES = [0.5, 0.8, 0, 0.25];
const LIST_MS = 250; // how often text changes: faster nobody can read
const RETRY_MS = 1500;

let state = null;
let listedAt = 0;
let asked = 0; // requests on their way: until they are answered the switches are the user's, not the server's
let answered = 0; // the server's count of changes at the last answer: a state older than that is not shown

// --- connection

function connect() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/watch`);
  socket.binaryType = "blob";
  socket.onmessage = async (message) => {
    if (typeof message.data === "string") {
      state = JSON.parse(message.data);
      if (!state.has_picture) done(socket);
      return;
    }
    try {
      await draw(message.data);
    } finally {
      done(socket);
    }
  };
  socket.onclose = () => {
    status("closed", "not connected");
    answered = 0; // whatever answers next may have begun anew
    setTimeout(connect, RETRY_MS);
  };
}

function done(socket) {
  const now = performance.now();
  if (now - listedAt >= LIST_MS) {
    listedAt = now;
    show();
  }
  if (socket.readyState === WebSocket.OPEN) socket.send("drawn");
}

async function draw(jpeg) {
  const image = await createImageBitmap(jpeg);
  if (picture.width !== image.width || picture.height !== image.height) {
    picture.width = image.width;
    picture.height = image.height;
  }
  pen.drawImage(image, 0, 0);
  image.close();
}

// --- what is shown beside the picture

function text(element, content) {
  if (element.textContent !== content) element.textContent = content;
}

const percent = (share) => `${Math.round(100 * share)} %`;
const seconds = (value) => (value < 60 ? `${value.toFixed(1)} s` : `${Math.floor(value / 60)} min ${Math.floor(value % 60)} s`);
const clock = (value) => `${Math.floor(value / 60)}:${String(Math.floor(value % 60)).padStart(2, "0")}`;
const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

function status(name, words) {
  get("status").dataset.state = name;
  text(get("status"), words);
}

function show() {
  const figures = state.figures;
  text(get("source"), state.source);
  document.title = `${state.source} – glom-video live`;
  if (state.is_silent) status("silent", "no picture");
  else status("live", state.recording.name ? "live, recording" : "live");
  text(get("fps"), figures.fps.toFixed(1));
  text(get("p50"), `${Math.round(figures.latency_p50_ms)} ms`);
  text(get("p95"), `${Math.round(figures.latency_p95_ms)} ms`);
  text(get("dropped"), percent(figures.dropped_share));
  showTree(state.objects);
  showStrip(state.stability, figures.stability, figures.background_stability);
  showDisplay(state.display);
  showRecording(state.recording);
  showNotices(state.notices);
  document.dispatchEvent(new CustomEvent("state", { detail: state }));
}

function showTree(objects) {
  const parts = objects.reduce((sum, object) => sum + object.parts.length, 0);
  text(get("count"), objects.length ? `${objects.length}, with ${count(parts, "part")}` : "");
  get("nothing").hidden = objects.length > 0;
  get("columns").hidden = objects.length === 0;
  picture.setAttribute("aria-label", `Live picture with ${count(objects.length, "object")}`);
  each(get("tree"), objects, (item, object) => {
    item.style.borderLeftColor = object.colour;
    if (!item.firstChild) item.append(node(), document.createElement("ul"));
    fill(item.firstChild, `Object ${object.name}`, object);
    each(item.lastChild, object.parts, (inner, part) => {
      if (!inner.firstChild) inner.append(node());
      fill(inner.firstChild, `part ${part.name}`, part);
    });
  });
}

// One <li> per entry, kept for as long as its id is there.
function each(list, entries, update) {
  const known = new Map(Array.from(list.children, (item) => [item.dataset.id, item]));
  entries.forEach((entry, place) => {
    const id = String(entry.id);
    const item = known.get(id) || document.createElement("li");
    known.delete(id);
    item.dataset.id = id;
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] || null);
    update(item, entry);
  });
  for (const gone of known.values()) gone.remove();
}

function node() {
  const row = document.createElement("div");
  row.className = "node";
  for (let cell = 0; cell < 3; cell++) row.append(document.createElement("span"));
  row.children[1].title = "score";
  row.children[2].title = "age";
  return row;
}

function fill(row, name, entry) {
  text(row.children[0], name);
  text(row.children[1], percent(entry.score));
  text(row.children[2], seconds(entry.age_seconds));
}

function showStrip(values, mean, background) {
  const strip = get("strip");
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
  text(button.querySelector("span"), recording.name ? `Recording ${clock(recording.seconds)}` : "Record");
  get("recording").hidden = recording.finished === 0;
}

function showNotices(notices) {
  const entries = notices.map((notice) => ({ id: `${notice.at} ${notice.text}`, ...notice })).reverse();
  each(get("notices"), entries, (item, notice) => {
    text(item, `${new Date(1000 * notice.at).toLocaleTimeString()} ${notice.text}`);
  });
}

// --- what the user may ask for

async function ask(path, body) {
  const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  listedAt = 0;
  return response;
}

async function change(display) {
  asked += 1;
  try {
    const response = await ask("/display", display);
    if (response.ok) answered = Math.max(answered, (await response.json()).changes);
  } finally {
    asked -= 1;
  }
}

const level = () => document.querySelector("input[name=level]:checked").value;

function setOpacity(value) {
  get("opacity").value = value;
  text(get("opacity-value"), percent(value));
  change({ opacity: Number(value) });
}

const nextOf = (all, one) => all[(all.indexOf(one) + 1) % all.length];

const ACTIONS = {
  l: () => change({ level: nextOf(LEVELS, level()) || null }),
  o: () => setOpacity(nextOf(OPACITIES, Number(get("opacity").value))),
  i: () => change({ with_ids: !get("ids").checked }),
  s: () => get("snapshot").click(),
  r: () => ask("/record", get("record").getAttribute("aria-pressed") !== "true"),
  x: () => ask("/reset", null),
  h: () => {
    get("keys").hidden = !get("keys").hidden;
    get("help").setAttribute("aria-expanded", String(!get("keys").hidden));
  },
};

get("levels").addEventListener("change", () => change({ level: level() || null }));
get("ids").addEventListener("change", () => change({ with_ids: get("ids").checked }));
get("opacity").addEventListener("input", () => setOpacity(get("opacity").value));
get("record").addEventListener("click", ACTIONS.r);
get("reset").addEventListener("click", ACTIONS.x);
get("help").addEventListener("click", ACTIONS.h);
document.addEventListener("keydown", (event) => {
  const action = ACTIONS[event.key.toLowerCase()];
  if (!action || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  event.preventDefault();
  action();
});

connect();
