"""Makes one self-contained HTML file of a page."""

from pathlib import Path

from reactive_schedules.extras import brought_by
from reactive_schedules.pages.content import Page, Plot, text_of

with brought_by("search"):
    import jinja2
    import plotly.offline
    from plotly.io.json import to_json_plotly

FOLDER = Path(__file__).parent


def render(page: Page) -> str:
    """The page as HTML: styles, plots and the library that draws them inside; nothing is ever fetched."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"cell": text_of, "figure": _figure}
    environment.tests |= {"number": lambda value: isinstance(value, int | float)}
    return environment.get_template("page.html.jinja").render(
        page=page,
        style=(FOLDER / "style.css").read_text(encoding="utf-8"),
        script=(FOLDER / "plots.js").read_text(encoding="utf-8"),
        plotly=plotly.offline.get_plotlyjs(),
        has_plots=any(isinstance(block, Plot) for section in page.sections for block in section.blocks),
    )


def _figure(plot: Plot) -> str:
    """The figure as JSON that no HTML parser takes for markup."""
    figure = plot.figure.to_plotly_json()
    figure["layout"].pop("template", None)  # the script has its own, of the style sheet's colours
    return str(to_json_plotly(figure)).replace("<", "\\u003c")
