// Which object is lit up, chosen, pinned or followed: of this page alone, and told to who listens.

export const selection = { lit: null, chosen: null, followed: null, pinned: new Set() };
// lit: {object, part}, either 0 where it is none; chosen, followed: an object's id or null.

const listeners = [];

export function onSelection(listener) {
  listeners.push(listener);
}

const tell = () => listeners.forEach((listener) => listener());

// Of another run the ids are other objects.
export function forgetSelection() {
  Object.assign(selection, { lit: null, chosen: null, followed: null });
  selection.pinned.clear();
  tell();
}

export function light(object, part = 0) {
  const lit = selection.lit;
  if (lit === null ? object === 0 : lit.object === object && lit.part === part) return;
  selection.lit = object === 0 ? null : { object, part };
  tell();
}

export function choose(id) {
  selection.chosen = selection.chosen === id ? null : id;
  tell();
}

export function follow(id) {
  selection.followed = selection.followed === id ? null : id;
  tell();
}

export function pin(id) {
  if (!selection.pinned.delete(id)) selection.pinned.add(id);
  tell();
}
