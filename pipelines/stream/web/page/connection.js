// The socket to the server: state and picture in, and once they are drawn what is wanted next, so
// that nothing piles up on the way.

const RETRY_MS = 1500;
const IDLE_MS = 200; // how soon a page answers when there was no new picture
const HELD_MS = 5000; // the same while it holds one: the server lets go of who is silent

let wake = () => {};

// To be called when the page wants something else: its answer is not put off any longer.
export const hurry = () => wake();

// draw(state, image) and show(state) show what comes; wish() is what is wanted next.
export function connect({ draw, show, closed, wish }) {
  const socket = new WebSocket(new URL("watch", document.baseURI).href.replace(/^http/, "ws"));
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
    const answer = () => {
      wake = () => {};
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(wish()));
    };
    if (isNew) return answer();
    const waiting = setTimeout(answer, wish().is_held ? HELD_MS : IDLE_MS);
    wake = () => {
      clearTimeout(waiting);
      answer();
    };
  }
  socket.onclose = () => {
    closed();
    setTimeout(() => connect({ draw, show, closed, wish }), RETRY_MS);
  };
}
