// The live list of events.

import { each, get, isolated, text, timeOf } from "./dom.js";

const WORDS = {
  appeared: () => "appeared",
  left: () => "left",
  split: (event, called) => `split from ${called(event.other_id)}`,
  merged: (event, called) => `merged into ${called(event.other_id)}`,
  entered_zone: (event) => `entered ${isolated(event.place)}`,
  left_zone: (event) => `left ${isolated(event.place)}`,
  crossed_line: (event) => `crossed ${isolated(event.place)} to the ${event.direction}`,
};

document.addEventListener("state", ({ detail: state }) => {
  const entries = state.events
    .map((event) => ({ ...event, track: event.id, id: event.number }))
    .reverse();
  const called = (id) =>
    state.names[id] ? `${isolated(state.names[id])} (${id})` : `object ${id}`;
  get("no-event").hidden = entries.length > 0;
  each(get("events"), entries, (item, event) => {
    const time = timeOf(event.at);
    text(item, `${time} ${called(event.track)} ${WORDS[event.kind](event, called)}`);
  });
});
