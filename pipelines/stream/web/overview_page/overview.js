// The pictures of all sources; each leads to the page of its own.

import { count, element, get, text } from "./1/dom.js";

const RETRY_MS = 1500;
const ABOUT_MS = 250; // how often text changes

function tile(name, number) {
  const picture = element("canvas", { width: 640, height: 360, role: "img", "aria-label": `Live picture of ${name}` });
  const about = element("span", { class: "about", role: "status" }, "connecting");
  const link = element("a", { href: `${number}/`, class: "name" }, name);
  get("sources").append(element("li", { "data-number": number }, picture, link, about));
  watch(`${number}/watch`, picture, about);
}

function watch(path, picture, about) {
  const socket = new WebSocket(new URL(path, document.baseURI).href.replace(/^http/, "ws"));
  let state = null;
  let toldAt = 0;
  socket.onmessage = async (message) => {
    if (typeof message.data === "string") {
      state = JSON.parse(message.data);
      if (state.has_picture) return;
    } else {
      const image = await createImageBitmap(message.data);
      if (picture.width !== image.width || picture.height !== image.height) [picture.width, picture.height] = [image.width, image.height];
      picture.getContext("2d").drawImage(image, 0, 0);
      image.close();
    }
    if (performance.now() - toldAt > ABOUT_MS) {
      toldAt = performance.now();
      tell(about, state);
    }
    if (socket.readyState === WebSocket.OPEN) socket.send("drawn");
  };
  socket.onclose = () => {
    about.dataset.state = "closed";
    text(about, "not connected");
    setTimeout(() => watch(path, picture, about), RETRY_MS);
  };
}

function tell(about, state) {
  const isSilent = state.silent_since !== null;
  about.dataset.state = isSilent ? "silent" : "live";
  const seen = `${state.figures.fps.toFixed(1)} frames a second, ${count(state.objects.length, "object")}`;
  text(about, isSilent ? "no picture" : seen);
}

const names = await (await fetch("sources.json")).json();
text(get("source"), count(names.length, "source"));
names.forEach((name, place) => tile(name, place + 1));
