// What the page asks of the server; every address is relative to the page's own.

import { answerNow } from "./connection.js";

// The answer; the page is then told at once what has become of it.
export async function ask(path, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  answerNow();
  return answer;
}
