// This device's camera, sent picture by picture: the next one once the last was taken.

import { get, text } from "./dom.js";

const LONGEST_SIDE = 1280; // pixels
const QUALITY = 0.85;
const FRAME_MS = 33;

const button = get("send-camera");
const video = document.createElement("video");
video.muted = true;
video.playsInline = true;
let socket = null;

function problem(words) {
  text(get("camera-problem"), words);
}

async function begin() {
  if (!window.isSecureContext) {
    problem(
      "A browser gives its camera to pages of https or of localhost only: " +
        "use an SSH tunnel, or a proxy with https.",
    );
    return;
  }
  button.disabled = true; // pressed again meanwhile, it would open a second camera
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment" },
    });
    await video.play();
  } catch (error) {
    end();
    problem(`The camera cannot be had: ${error.message}`);
    return;
  } finally {
    button.disabled = false;
  }
  problem("");
  sendTo(new WebSocket(new URL("camera", document.baseURI).href.replace(/^http/, "ws")));
}

function sendTo(opened) {
  socket = opened;
  let isTaken = false;
  // What ends it, unless the page has done so itself.
  const broken = (words) => {
    if (socket !== opened) return;
    end();
    problem(words);
  };
  opened.onopen = () => {
    isTaken = true;
    button.setAttribute("aria-pressed", "true");
    send();
  };
  opened.onmessage = () => setTimeout(send, FRAME_MS);
  opened.onclose = () =>
    broken(
      isTaken
        ? "The pictures are not taken any more: press the button to send them again."
        : "The pictures are not taken; another page may be sending.",
    );
  // Else its last picture would be sent again and again.
  for (const track of video.srcObject.getTracks())
    track.onended = () => broken("The camera gives no pictures any more.");
}

function end() {
  button.setAttribute("aria-pressed", "false");
  if (video.srcObject) for (const track of video.srcObject.getTracks()) track.stop();
  video.srcObject = null;
  const closing = socket;
  socket = null;
  if (closing) closing.close();
}

const drawn = document.createElement("canvas");

function send() {
  if (socket === null || socket.readyState !== WebSocket.OPEN) return;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(video.videoWidth, video.videoHeight));
  drawn.width = Math.round(scale * video.videoWidth);
  drawn.height = Math.round(scale * video.videoHeight);
  drawn.getContext("2d").drawImage(video, 0, 0, drawn.width, drawn.height);
  drawn.toBlob((jpeg) => socket && jpeg && socket.send(jpeg), "image/jpeg", QUALITY);
}

button.addEventListener("click", () => (socket === null ? begin() : end()));
document.addEventListener("state", ({ detail: state }) => {
  button.hidden = !state.takes_camera;
});
