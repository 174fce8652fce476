// One word on the whole: live, paused, at its end, without a picture.

import { get, text, timeOf } from "./dom.js";

export function status(name, words) {
  get("status").dataset.state = name;
  text(get("status"), words);
}

export function showStatus(state, isHeld) {
  const { name, words } = statusOf(state, isHeld);
  get("picture").classList.toggle("old", name === "silent");
  status(name, name === "live" && state.recording.name ? "live, recording" : words);
}

export function statusOf(state, isHeld = false) {
  if (state.has_ended) return { name: "silent", words: "the source has ended" };
  if (state.silent_since !== null)
    return { name: "silent", words: `no picture since ${timeOf(1000 * state.silent_since)}` };
  if (state.is_loading) return { name: "waiting", words: "loading the model" };
  if (!state.has_begun) return { name: "waiting", words: "waiting for the first picture" };
  if (isHeld) return { name: "still", words: "held" };
  if (state.playing && state.playing.has_ended) return { name: "still", words: "end of the file" };
  if (state.playing && state.playing.is_paused) return { name: "still", words: "paused" };
  return { name: "live", words: "live" };
}
