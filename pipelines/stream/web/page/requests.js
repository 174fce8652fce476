// What the page asks of the server; every address is relative to the page's own.

export function ask(path, body) {
  const headers = { "Content-Type": "application/json" };
  return fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
}
