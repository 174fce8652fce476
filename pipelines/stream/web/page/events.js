// The live list of events.

import { each, get, text, timeOf } from "./dom.js";

const WORDS = {
  appeared: () => "appeared",
  left: () => "left",
  split: (event, called) => `split from ${called(event.other_id)}`,
  merged: (event, called) => `merged into ${called(event.other_id)}`,
  entered_zone: (event) => `entered ${event.place}`,
  left_zone: (event) => `left ${event.place}`,
  crossed_line: (event) => `crossed ${event.place} to the ${event.direction}`,
};

document.addEventListener("state", ({ detail: state }) => {
  const entries = state.events.map((event) => ({ ...event, track: event.id, id: event.number })).reverse();
  const called = (id) => (state.names[id] ? `${state.names[id]} (${id})` : `object ${id}`);
  get("no-event").hidden = entries.length > 0;
  each(get("events"), entries, (item, event) => {
    const time = timeOf(event.at);
    text(item, `${time} ${called(event.track)} ${WORDS[event.kind](event, called)}`);
  });
});
