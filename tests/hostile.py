"""Text from data that would be markup, a script or a placeholder if a page or a terminal took it for one."""

from collections.abc import Sequence
from pathlib import Path

from tests.browser import Browser

LINK = '<a href="https://example.org/">click</a>'
BOLD = "x<b>y</b>"
BREAK = "one<br>two<extra></extra>"
SCRIPT = "</script><script>document.title = 'taken over'</script>"
IMAGE = "<img src=x onerror=\"document.title = 'taken over'\">"
ENTITY = "&lt;i&gt;&#97;&nbsp;"
PLACEHOLDER = "%{x} %{meta[0]} %{y:.0%}"
MATH = r"$\frac{1}{2}$"
COLOUR = "var(--blue)"
QUOTES = "\"'>{{ page.title }}{% raw %}"

ESCAPES = "\x1b[31mred\x1b]8;;https://example.org\x07link \x9b2J \r\x08 \u202egnirts \u2028 \udcff \x00"
"""What a terminal would obey, or that could not be encoded."""

TEXTS = (LINK, BOLD, BREAK, SCRIPT, IMAGE, ENTITY, PLACEHOLDER, MATH, COLOUR, QUOTES)
EVERY = " ".join(TEXTS)
"""All of them in one."""


def check_hostile_page(browser: Browser, page: Path, drawn: Sequence[str], written: Sequence[str]) -> None:
    """Checks that hostile texts are shown as they are, and that nothing in the page comes from them.

    Args:
        browser: Browser to open the page in.
        page: HTML file.
        drawn: Texts to be found in plots, including what is shown on hover.
        written: Texts to be found in the rest of the page.
    """
    browser.open(page)
    console, asked = browser.logs()
    assert console == []
    assert asked == [page.as_uri()]
    assert "taken over" not in browser.script("return document.title").replace(SCRIPT, "").replace(IMAGE, "")
    found = browser.script(_ELEMENTS)
    assert found["links"] == []
    assert found["foreign"] == []
    hovered = browser.script(_HOVERED, wait=True)
    assert hovered
    seen = "\n".join([*browser.script(_DRAWN), *hovered])
    assert [text for text in drawn if text not in seen] == []
    body = browser.script(_WRITTEN)
    assert [text for text in written if text not in body] == []
    assert browser.script(_ELEMENTS) == found
    assert browser.logs() == ([], [])


# Links that lead anywhere else; elements that neither the template nor Plotly makes for plain text.
_ELEMENTS = """
const links = [...document.querySelectorAll("a, [href], [*|href]")]
  .map((a) => a.getAttribute("href") ?? a.getAttributeNS("http://www.w3.org/1999/xlink", "href"))
  .filter((target) => !/^(#|data:)/.test(target));
const foreign = [...document.querySelectorAll(
  "img, iframe, object, form, b, i, em, sup, sub, span:not(.badge), svg a, tspan:not(.line), body style, [onerror], [onclick]")]
  .map((element) => element.outerHTML.slice(0, 200));
return { links, foreign };
"""

# Lines are elements of their own in SVG.
_LINES = """
const lines = (text) => [...text.querySelectorAll("tspan.line")].map((l) => l.textContent).join("\\n") || text.textContent;
"""

_DRAWN = f"{_LINES} return [...document.querySelectorAll('[data-figure] text')].map(lines)"

_WRITTEN = """
const copy = document.body.cloneNode(true);
copy.querySelectorAll("script, [data-figure]").forEach((element) => element.remove());
return copy.textContent;
"""

# What is shown for the first two points of every trace.
_HOVERED = f"""
{_LINES}
const done = arguments[arguments.length - 1];
const frame = () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
(async () => {{
  const seen = [];
  for (const plot of document.querySelectorAll("[data-figure]"))
    for (const [curveNumber, trace] of plot._fullData.entries())
      for (const number of [0, 1]) {{
        if (trace.hoverinfo === "skip") continue;
        const point = trace.type === "heatmap" ? {{ xval: number, yval: 0 }} : [{{ curveNumber, pointNumber: number }}];
        const subplot = trace.xaxis ? trace.xaxis + trace.yaxis : "xy";
        Plotly.Fx.unhover(plot, undefined, subplot);
        Plotly.Fx.hover(plot, point, subplot);
        await frame();
        seen.push(...[...plot.querySelectorAll(".hoverlayer text")].map(lines));
      }}
  done(seen);
}})();
"""
