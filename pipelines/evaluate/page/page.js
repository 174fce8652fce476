// Draws the plots of the chosen clip and shows the frame that is clicked.
const reports = JSON.parse(document.getElementById("reports").textContent);
const chooser = document.getElementById("clip");
const board = document.getElementById("plots");
const picture = document.getElementById("picture");
const caption = document.getElementById("caption");
const tree = document.getElementById("tree");
let report = null;
let shown = 0;
let marked = 0;

function element(kind, properties = {}, ...children) {
  const made = Object.assign(document.createElement(kind), properties);
  made.append(...children);
  return made;
}

function nearest(place) {
  return report.kept.reduce(
    (best, frame, i) =>
      Math.abs(frame.place - place) < Math.abs(report.kept[best].place - place) ? i : best,
    0,
  );
}

function shapes(place) {
  const line = { color: "var(--ink)", width: 1 };
  return [{ type: "line", x0: place, x1: place, y0: 0, y1: 1, yref: "paper", line }];
}

// Marks a place on every timeline.
function mark(place) {
  marked = place;
  for (const plot of board.querySelectorAll(".timeline")) {
    Plotly.relayout(plot, coloured({ shapes: shapes(place) }));
  }
}

function branch(object, parts) {
  const whole = object ? `object ${object}` : "no object";
  return `${whole}: ${parts.length ? `parts ${parts.join(", ")}` : "no parts"}`;
}

function showFrame(i) {
  shown = Math.max(0, Math.min(report.kept.length - 1, i));
  const frame = report.kept[shown];
  picture.replaceChildren(element("img", { src: frame.picture, alt: `frame ${frame.name}` }));
  caption.textContent = `frame ${frame.place} (${frame.name}) of ${report.frames}`;
  tree.replaceChildren(
    ...frame.tree
      .filter(([object, parts]) => object || parts.length)
      .map(([object, parts]) => element("li", { textContent: branch(object, parts) })),
  );
  mark(frame.place);
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;

function showMoment(moment) {
  shown = nearest(moment.place);
  picture.replaceChildren(
    element("img", { src: moment.before, alt: "before" }),
    element("img", { src: moment.after, alt: "after" }),
  );
  caption.textContent =
    `from the frame before to frame ${moment.place} (${moment.name}): ` +
    `${(100 * (1 - moment.stability)).toFixed(0)} % of the object pixels change their id ` +
    `(${percent(moment.badness)} of what is visible), in red`;
  tree.replaceChildren();
  mark(moment.place);
  if (innerWidth < 1100) scrollToViewer();
}

// Once its pictures have a size: until then the page would move under it.
async function scrollToViewer() {
  await Promise.all([...picture.querySelectorAll("img")].map((image) => image.decode()));
  document.getElementById("viewer").scrollIntoView();
}

function addSection(title, note, content) {
  const heading = element("h3", { textContent: title });
  const words = element("p", { className: "note", textContent: note });
  board.append(element("section", {}, heading, words, content));
}

function drawPlot({ title, caption: text, is_timeline, figure }) {
  const plot = element("div", { className: is_timeline ? "plot timeline" : "plot" });
  addSection(title, text, plot);
  const { data, layout } = coloured(figure);
  Plotly.newPlot(plot, data, layout, {
    responsive: true,
    displaylogo: false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  });
  if (is_timeline) {
    plot.on("plotly_click", ({ event }) => {
      const area = plot.querySelector(".nsewdrag").getBoundingClientRect();
      showFrame(nearest(plot._fullLayout.xaxis.p2d(event.clientX - area.left)));
    });
  }
}

// The plots that are shown, in the colours that the page has by now.
function drawAgain() {
  const plots = board.querySelectorAll(".plot");
  report.plots.forEach(({ figure, is_timeline }, i) => {
    const { data, layout } = coloured(figure);
    if (is_timeline) layout.shapes = coloured(shapes(marked));
    Plotly.react(plots[i], data, layout);
  });
}

const MOMENTS_NOTE =
  "The steps in which most visible pixels changed their id, in red. " +
  "Click one to see before and after.";

function momentCard(moment) {
  const image = element("img", { src: moment.after, alt: `frame ${moment.name}` });
  const words = `frame ${moment.place}: ${percent(moment.badness)}`;
  const onclick = () => showMoment(moment);
  return element("button", { className: "moment", onclick }, image, words);
}

function drawMoments() {
  for (const { level, moments } of report.moments.filter((own) => own.moments.length)) {
    const cards = element("div", { className: "moments" }, ...moments.map(momentCard));
    addSection(`Worst moments, ${level}s`, MOMENTS_NOTE, cards);
  }
}

function draw(i) {
  report = reports[i];
  board.replaceChildren();
  report.plots.slice(0, 1).forEach(drawPlot);
  drawMoments();
  report.plots.slice(1).forEach(drawPlot);
  showFrame(0);
}

reports.forEach((one, i) =>
  chooser.append(element("option", { value: i, textContent: `${one.clip}, ${one.method}` })),
);
chooser.onchange = () => draw(Number(chooser.value));
document.getElementById("previous").onclick = () => showFrame(shown - 1);
document.getElementById("next").onclick = () => showFrame(shown + 1);
document.addEventListener("keydown", ({ key, target }) => {
  if (target.tagName === "SELECT") return;
  if (key === "ArrowLeft") showFrame(shown - 1);
  if (key === "ArrowRight") showFrame(shown + 1);
});

// The sentence on the worst moment leads to it.
const look = document.getElementById("look");
if (look) {
  look.onclick = (event) => {
    event.preventDefault();
    const { clip, method, level, place } = look.dataset;
    chooser.value = reports.findIndex((one) => one.clip === clip && one.method === method);
    draw(Number(chooser.value));
    const own = report.moments.find((one) => one.level === level);
    showMoment(own.moments.find((moment) => moment.place === Number(place)));
    scrollToViewer();
  };
}

// A link to a definition opens the list that it stands in.
function openDefinition() {
  const wanted =
    location.hash.startsWith("#metric-") && document.getElementById(location.hash.slice(1));
  if (!wanted) return;
  document.getElementById("definitions").open = true;
  wanted.scrollIntoView();
}
addEventListener("hashchange", openDefinition);

// Where a table is a list, one is enough to begin with.
if (innerWidth < 700)
  [...document.querySelectorAll("details.table")].slice(1).forEach((table) => {
    table.open = false;
  });
draw(0);
onColours(drawAgain);
openDefinition();
