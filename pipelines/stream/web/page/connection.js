// The socket to the server: state and picture in, and once they are drawn what is wanted next, so
// that nothing piles up on the way.

const RETRY_MS = 1500;
export const IDLE_MS = 200; // how soon a page answers when there was no new picture

const NO_WISH = { point: null, level: 0, is_held: false };
const putOff = new Set(); // answers that wait

// To be called when the page wants something else: no answer is put off any longer.
export const hurry = () => putOff.forEach((answer) => answer());

// path: where the socket is, from the page. draw(state, image) and show(state) show what comes,
// closed() that nothing does; wish() is what is wanted next, pace() how long an answer without a
// new picture is put off, in milliseconds.
export function connect({ path, draw, show, closed, wish = () => NO_WISH, pace = () => IDLE_MS }) {
  const socket = new WebSocket(new URL(path, document.baseURI).href.replace(/^http/, "ws"));
  socket.binaryType = "blob";
  let state = null;
  socket.onmessage = async (message) => {
    if (typeof message.data === "string") {
      state = JSON.parse(message.data);
      if (!state.has_picture) finish(false);
      return;
    }
    try {
      const image = await createImageBitmap(message.data);
      draw(state, image);
      image.close();
    } finally {
      finish(true);
    }
  };
  function finish(isNew) {
    show(state);
    let waiting = null;
    const answer = () => {
      clearTimeout(waiting);
      putOff.delete(answer);
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(wish()));
    };
    if (isNew) return answer();
    waiting = setTimeout(answer, pace());
    putOff.add(answer);
  }
  socket.onclose = () => {
    closed();
    setTimeout(() => connect({ path, draw, show, closed, wish, pace }), RETRY_MS);
  };
}
