// The plots in the colours of the page: those of the scheme, and the light ones on paper.
"use strict";

// A figure as plotly.js takes it: where it says var(--name), the colour that page has for it.
function coloured(figure) {
  const style = getComputedStyle(document.documentElement);
  const named = (_, value) => {
    const name = typeof value === "string" && /^var\((--[\w-]+)\)$/.exec(value);
    return name ? style.getPropertyValue(name[1]).trim() : value;
  };
  return JSON.parse(JSON.stringify(figure, named));
}

// Calls redraw whenever the colours have changed.
function onColours(redraw) {
  const print = (isPrinted) => {
    document.documentElement.classList.toggle("on-paper", isPrinted);
    redraw();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
}
