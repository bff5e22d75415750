"""Pages of hostile text, in a browser."""

import plotly.graph_objects as go
import pytest

from reactive_schedules.pages import shell
from reactive_schedules.pages.content import (
    Code,
    Facts,
    Folded,
    Page,
    Plot,
    Section,
    Table,
    Text,
    Tile,
)
from tests.hostile import TEXTS, check_hostile_page


def write(path, *blocks):
    path.write_text(shell.render(Page("Page", "", [Section("Blocks", blocks)])), encoding="utf-8")
    return path


def everywhere(text: str) -> go.Figure:
    """A figure with a text in every place where Plotly shows one."""
    figure = go.Figure(layout={"xaxis": {"title": {"text": f"{text} x"}}, "yaxis": {"type": "category"}})
    figure.add_scatter(x=[1, 2], y=[f"{text} tick", "b"], name=f"{text} name", text=[f"{text} label", ""],
        mode="markers+text", meta=f"{text} meta", customdata=[f"{text} custom", ""], texttemplate="%{text}",
        hovertemplate="%{meta}\n%{customdata}\n%{y}")  # fmt: skip
    figure.add_scatter(x=[1, 2], y=["b", "b"], hovertext=[f"{text} hover", ""], name="second")
    figure.add_annotation(text=f"{text} note", x=1, y=1, showarrow=False)
    figure.update_layout(title={"text": f"{text} title"}, legend={"title": {"text": f"{text} legend"}}, showlegend=True,
        meta="meta of the layout", margin={"l": 200})  # fmt: skip
    return figure


PLACES = ("x", "tick", "name", "label", "meta", "custom", "note", "title", "legend", "hover")


def test_plots_show_text_as_it_is(browser, tmp_path):
    data = Table("Data", ("a",), [(1,)])
    page = write(tmp_path / "page.html", *(Plot("Plot", everywhere(text), "", data) for text in TEXTS))
    check_hostile_page(browser, page, [f"{text} {place}" for text in TEXTS for place in PLACES], [])


def test_newlines_break_lines(browser, tmp_path):
    figure = go.Figure().add_scatter(x=[1, 2], y=["first\nsecond\r\nthird", "b"])
    browser.open(write(tmp_path / "page.html", Plot("Plot", figure, "", Table("Data", ("a",), [(1,)]))))
    lines = browser.script(
        "return [...document.querySelectorAll('.ytick tspan.line')].map((line) => line.textContent)"
    )
    assert lines == ["first", "second", "third"]


def test_every_other_part_of_a_page_shows_text_as_it_is(browser, tmp_path):
    blocks = []
    for text in TEXTS:
        table = Table(f"caption {text}", (f"column {text}",), [(f"row {text}",), (text,)])
        blocks += [Text(text), Facts([(f"term {text}", [text, text])]), table, Code(f"code {text}", text)]
        blocks += [Folded(f"folded {text}", Code(f"inner {text}", text))]
    figure = go.Figure().add_scatter(x=[1], y=[1])
    blocks += [Plot(f"plot {text}", figure, f"alt {text}", table) for text in TEXTS]
    every = "".join(TEXTS)
    sections = [Section("Blocks", blocks), *(Section(f"section {text}", [Text("")]) for text in TEXTS)]
    page = Page(f"page {every}", every, sections, every, True, [Tile(f"tile {every}", every, every)], every)
    path = tmp_path / "page.html"
    path.write_text(shell.render(page), encoding="utf-8")
    kinds = ("caption", "column", "row", "term", "code", "folded", "inner", "plot", "alt", "section")
    check_hostile_page(browser, path, [], [f"{kind} {text}" for kind in kinds for text in TEXTS])
    assert browser.script("return document.title") == f"page {every}"


INJECTED = """
<script>document.title = 'taken over'</script>
<script src="data:text/javascript,document.title='taken over'"></script>
<script src="injected.js"></script>
<img src="data:," onerror="document.title = 'taken over'">
<iframe srcdoc="<script>parent.document.title = 'taken over'</script>"></iframe>
<p id="link"><a href="javascript:document.title = 'taken over'">link</a></p>
"""


@pytest.mark.parametrize("plots", [0, 1])
def test_scripts_that_are_not_ours_are_blocked(browser, tmp_path, plots):
    plot = Plot("Plot", go.Figure().add_scatter(x=[1], y=[1]), "", Table("Data", ("a",), [(1,)]))
    page = write(tmp_path / "page.html", Text("here"), *[plot] * plots)
    (tmp_path / "injected.js").write_text("document.title = 'taken over'", encoding="utf-8")
    page.write_text(page.read_text(encoding="utf-8").replace("<p>here</p>", INJECTED), encoding="utf-8")
    browser.open(page)
    browser.script("document.querySelector('#link a').click()")
    browser.frame()
    assert browser.script("return document.title") == "Page"
    violations = [line for line in browser.logs()[0] if "Content Security Policy" in line]
    assert len(violations) >= 6
    assert browser.script("return document.querySelectorAll('.trace').length") == plots


def test_not_even_our_scripts_may_fetch(browser, tmp_path):
    browser.open(write(tmp_path / "page.html", Text("")))
    blocked = browser.script(
        """const done = arguments[0];
        addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective));
        fetch("https://example.org/").catch(() => {});""",
        wait=True,
    )
    assert blocked == "connect-src"


def test_plots_can_be_saved_as_pictures(browser, tmp_path):
    figure = go.Figure().add_scatter(x=[1, 2], y=[1, 2])
    browser.open(write(tmp_path / "page.html", Plot("Plot", figure, "", Table("Data", ("a",), [(1,)]))))
    picture = browser.script(
        """const done = arguments[0];
        Plotly.toImage(document.querySelector("[data-figure]"), { format: "png" }).then(done, (e) => done(String(e)));""",
        wait=True,
    )
    assert picture.startswith("data:image/png;base64,")
    assert len(picture) > 5000
    assert browser.logs()[0] == []
