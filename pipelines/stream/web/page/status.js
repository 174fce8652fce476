// One word on the whole: live, paused, at its end, without a picture.

import { get, text } from "./dom.js";

export function status(name, words) {
  get("status").dataset.state = name;
  text(get("status"), words);
}

export function showStatus(state, isHeld) {
  const isSilent = state.silent_since !== null;
  get("picture").classList.toggle("old", isSilent);
  if (isSilent) status("silent", `no picture since ${timeOf(state.silent_since)}`);
  else if (!state.has_begun) status("waiting", "waiting for the first picture");
  else if (isHeld) status("still", "held");
  else if (state.playing && state.playing.has_ended) status("still", "end of the file");
  else if (state.playing && state.playing.is_paused) status("still", "paused");
  else status("live", state.recording.name ? "live, recording" : "live");
}

const timeOf = (seconds) => new Date(1000 * seconds).toLocaleTimeString();
