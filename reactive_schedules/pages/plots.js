// Draws the figures of the page in the colours of its style sheet, and redraws them when those change.
"use strict";
(() => {
  const root = document.documentElement;
  const plots = [...document.querySelectorAll("[data-figure]")];
  const touch = matchMedia("(pointer: coarse)").matches;

  // Texts of a figure are plain, as they come from data. Plotly reads tags and entities in every text, and placeholders
  // such as %{x} in most, so all are escaped here. Only templates have placeholders.
  function plotly(text, key) {
    const escaped = text
      .replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/\r\n?|\n/g, "<br>");
    if (key === "hovertemplate") return `${escaped}<extra></extra>`;
    return key === "texttemplate" ? escaped : escaped.replace(/%\{/g, "%&#123;");
  }

  // Colours in a figure are names of the style sheet: "var(--blue)".
  function resolve(value, style, key = "") {
    if (typeof value === "string") {
      if (!/color/.test(key)) return plotly(value, key);
      return value.startsWith("var(") ? style.getPropertyValue(value.slice(4, -1)).trim() : value;
    }
    if (Array.isArray(value)) return value.map((item) => resolve(item, style, key));
    if (value && typeof value === "object")
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolve(item, style, name)]));
    return value;
  }

  const axis = {
    gridcolor: "var(--grid)", linecolor: "var(--line)", zeroline: false, automargin: true,
    ticks: "outside", tickcolor: "var(--line)", ticklen: 4, title: { standoff: 8, font: { size: 13 } },
  };
  const template = {
    layout: {
      font: { family: "system-ui, sans-serif", size: 13, color: "var(--text)" },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      colorway: ["blue", "orange", "green", "purple", "red", "grey"].map((name) => `var(--${name})`),
      margin: { l: 48, r: 12, t: 12, b: 40 },
      xaxis: axis, yaxis: axis,
      legend: { orientation: "h", x: 0, y: 1.02, xanchor: "left", yanchor: "bottom" },
      hoverlabel: { bgcolor: "var(--surface)", bordercolor: "var(--line)", font: { color: "var(--text)" }, align: "left" },
      hovermode: "closest",
      // Touching a plot scrolls the page.
      dragmode: touch ? false : "zoom",
      modebar: { bgcolor: "rgba(0,0,0,0)", color: "var(--muted)", activecolor: "var(--text)" },
    },
  };
  const config = {
    responsive: true, displaylogo: false, typesetMath: false, displayModeBar: touch ? false : "hover",
    modeBarButtons: [["toImage", "resetScale2d"]],
  };

  function draw(plot) {
    const style = getComputedStyle(root);
    const figure = JSON.parse(document.getElementById(plot.dataset.figure).textContent);
    const { data, layout } = resolve({ ...figure, layout: { ...figure.layout, template } }, style);
    // Plotly measures the page later, when the print layout is already fixed.
    if ("paper" in root.dataset) layout.width = plot.clientWidth;
    return Plotly.react(plot, data, layout, config).then(() => {
      // The label and the table are more accessible than the loose texts of a drawing.
      plot.querySelectorAll(".main-svg").forEach((svg) => svg.setAttribute("aria-hidden", "true"));
    });
  }

  // One at a time, so that the page stays responsive.
  function drawFrom(index) {
    if (index === plots.length) return root.setAttribute("data-drawn", "");
    draw(plots[index]).then(() => setTimeout(drawFrom, 0, index + 1));
  }
  drawFrom(0);

  function drawAll() {
    plots.forEach(draw);
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("beforeprint", () => {
    root.dataset.paper = "";
    drawAll();
  });
  addEventListener("afterprint", () => {
    delete root.dataset.paper;
    drawAll();
  });
})();
