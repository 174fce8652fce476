// What the page asks of the server; every address is relative to the page's own.

import { answerNow } from "./connection.js";

const noAnswer = () => new Response("Not connected: nothing was changed.", { status: 503 });

// The answer, one of status 503 where the server gives none; the page is then told at once what has
// become of it.
export async function ask(path, body) {
  const headers = { "Content-Type": "application/json" };
  const request = { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await fetch(path, request).catch(noAnswer);
  answerNow();
  return answer;
}
