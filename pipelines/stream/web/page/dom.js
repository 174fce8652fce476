// Elements, and how numbers are written.

export const get = (id) => document.getElementById(id);

export function text(element, content) {
  if (element.textContent !== content) element.textContent = content;
}

export const percent = (share) => `${Math.round(100 * share)} %`;
const twoDigits = (value) => String(Math.floor(value)).padStart(2, "0");
// m:ss, or h:mm:ss.
export const clock = (value) =>
  value < 3600
    ? `${Math.floor(value / 60)}:${twoDigits(value % 60)}`
    : `${Math.floor(value / 3600)}:${twoDigits((value % 3600) / 60)}:${twoDigits(value % 60)}`;
export const seconds = (value) => (value < 60 ? `${value.toFixed(1)} s` : clock(value));

// Of the viewer's clock, with the date where that is not today's. at: as Date takes it.
export function timeOf(at) {
  const time = new Date(at);
  return time.toDateString() === new Date().toDateString()
    ? time.toLocaleTimeString()
    : time.toLocaleString();
}
export const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
export const nextOf = (all, one) => all[(all.indexOf(one) + 1) % all.length];

// A given name, so that one that is read from the right does not turn round what stands beside it.
const FROM_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
export const isolated = (name) => (FROM_RIGHT.test(name) ? `\u2068${name}\u2069` : name);

// One <li> per entry, kept for as long as its id is there.
export function each(list, entries, update) {
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

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
