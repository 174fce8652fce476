// The socket to the server: state and picture in, and once they are drawn the next request, so
// that nothing piles up on the way.

const RETRY_MS = 1500;
export const IDLE_MS = 200; // how soon a page answers when there was no new picture
const SERVER_ENDS = 1012; // what a server says that ends; one that is lost says nothing
const TOO_MANY = 1013; // what it says to whom it has no room for

const NO_REQUEST = { point: null, level: 0, is_held: false };
const postponed = new Set(); // answers that wait

// To be called when the page wants something else: no answer is put off any longer.
export const answerNow = () => postponed.forEach((answer) => answer());

// path: where the socket is, from the page. draw(state, image) and show(state) show what comes,
// closed(why, hasEnded) that nothing does, and whether the server has said that it ends; request()
// is what the page asks for next, delayMs() how long an answer without a new picture is put off, in
// milliseconds.
export function connect({
  path,
  draw,
  show,
  closed,
  request = () => NO_REQUEST,
  delayMs = () => IDLE_MS,
  hasEnded = false, // when it was tried before
}) {
  const socket = new WebSocket(new URL(path, document.baseURI).href.replace(/^http/, "ws"));
  socket.binaryType = "blob";
  let state = null;
  const isClosed = () => socket.readyState === WebSocket.CLOSED; // which is shown by then
  socket.onmessage = async (message) => {
    hasEnded = false;
    if (typeof message.data === "string") {
      state = JSON.parse(message.data);
      if (!state.has_picture) finish(false);
      return;
    }
    try {
      const image = await createImageBitmap(message.data);
      if (!isClosed()) draw(state, image);
      image.close();
    } finally {
      finish(true);
    }
  };
  function finish(isNew) {
    if (isClosed()) return;
    show(state);
    let waiting = null;
    const answer = () => {
      clearTimeout(waiting);
      postponed.delete(answer);
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(request()));
    };
    if (isNew) return answer();
    waiting = setTimeout(answer, delayMs());
    postponed.add(answer);
  }
  socket.onclose = ({ code }) => {
    hasEnded = code === SERVER_ENDS || (hasEnded && code !== TOO_MANY);
    const away = code === TOO_MANY ? "too many viewers" : "not connected";
    closed(hasEnded ? "the server has ended" : away, hasEnded);
    setTimeout(() => connect({ path, draw, show, closed, request, delayMs, hasEnded }), RETRY_MS);
  };
}
