// Where each object and part of the frame lies: the server's run lengths as maps of ids.

export const LEVELS = ["part", "object"];

export function decoded(places) {
  const maps = { width: places.width, height: places.height };
  for (const level of LEVELS) maps[level] = filled(places[level], places.width * places.height);
  return maps;
}

function filled(runs, length) {
  const ids = new Int32Array(length);
  for (let run = 0, at = 0; run < runs.length; run += 2) {
    ids.fill(runs[run], at, at + runs[run + 1]);
    at += runs[run + 1];
  }
  return ids;
}

// Place: x and y as shares of the frame. 0: nothing lies there.
export function idAt(maps, level, place) {
  const x = Math.min(maps.width - 1, Math.floor(place.x * maps.width));
  const y = Math.min(maps.height - 1, Math.floor(place.y * maps.height));
  return maps[level][y * maps.width + x];
}

// Boxes of all objects, in shares of the frame: id -> {left, top, right, bottom}.
export function boxes(maps) {
  const found = new Map();
  for (let y = 0, at = 0; y < maps.height; y++) {
    for (let x = 0; x < maps.width; x++, at++) {
      const id = maps.object[at];
      if (id === 0) continue;
      const box = found.get(id);
      if (!box) found.set(id, { left: x, top: y, right: x + 1, bottom: y + 1 });
      else {
        if (x < box.left) box.left = x;
        if (x >= box.right) box.right = x + 1;
        box.bottom = y + 1;
      }
    }
  }
  for (const box of found.values()) {
    box.left /= maps.width;
    box.right /= maps.width;
    box.top /= maps.height;
    box.bottom /= maps.height;
  }
  return found;
}
