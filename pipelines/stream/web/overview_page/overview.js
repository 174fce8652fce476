// The pictures of all sources; each leads to the page of its own.

import { connect } from "./1/connection.js";
import { count, element, get, text } from "./1/dom.js";
import { statusOf } from "./1/status.js";

const ABOUT_MS = 250; // how often text changes: faster nobody can read

function tile(source, number) {
  const picture = element("canvas", { width: 640, height: 360, "aria-hidden": "true" });
  const about = element("span", { class: "about" }, "connecting");
  const name = element("span", {}, source);
  const link = element("a", { href: `${number}/`, class: "name" }, picture, name);
  get("sources").append(element("li", { "data-number": number }, link, about));
  let toldAt = 0;
  connect({
    path: `${number}/watch`,
    draw: (state, image) => draw(picture, image),
    show: (state) => {
      if (performance.now() - toldAt < ABOUT_MS) return;
      toldAt = performance.now();
      text(name, state.source); // another run may have taken the server's place
      const { name: status, words } = statusOf(state);
      const objects = count(state.objects.length, "object");
      const seen = `${state.figures.fps.toFixed(1)} frames a second, ${objects}`;
      tell(picture, about, status, status === "live" ? seen : words);
    },
    closed: (why) => tell(picture, about, "closed", why),
  });
}

function draw(picture, image) {
  if (picture.width !== image.width || picture.height !== image.height)
    [picture.width, picture.height] = [image.width, image.height];
  picture.getContext("2d").drawImage(image, 0, 0);
}

function tell(picture, about, status, words) {
  about.dataset.state = status;
  picture.classList.toggle("old", ["silent", "closed"].includes(status));
  text(about, words);
}

const names = await (await fetch("sources.json")).json();
text(get("source"), count(names.length, "source"));
names.forEach((name, place) => tile(name, place + 1));
