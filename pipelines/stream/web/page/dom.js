// Elements, and how numbers are written.

export const get = (id) => document.getElementById(id);

export function text(element, content) {
  if (element.textContent !== content) element.textContent = content;
}

export const percent = (share) => `${Math.round(100 * share)} %`;
export const seconds = (value) =>
  value < 60 ? `${value.toFixed(1)} s` : `${Math.floor(value / 60)} min ${Math.floor(value % 60)} s`;
export const clock = (value) =>
  `${Math.floor(value / 60)}:${String(Math.floor(value % 60)).padStart(2, "0")}`;
export const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
export const nextOf = (all, one) => all[(all.indexOf(one) + 1) % all.length];

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
