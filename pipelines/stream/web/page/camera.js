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
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment" },
    });
    await video.play();
  } catch (error) {
    problem(`The camera cannot be had: ${error.message}`);
    return;
  }
  problem("");
  socket = new WebSocket(new URL("camera", document.baseURI).href.replace(/^http/, "ws"));
  socket.onopen = () => {
    button.setAttribute("aria-pressed", "true");
    send();
  };
  socket.onmessage = () => setTimeout(send, FRAME_MS);
  socket.onclose = (event) => {
    if (event.code === 1013 || event.code === 1006)
      problem("The pictures are not taken; another page may be sending.");
    end();
  };
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
