"""Renders a page as a self-contained HTML file."""

import base64
import hashlib
from pathlib import Path

from reactive_schedules.extras import brought_by
from reactive_schedules.pages.content import Page, Plot, is_number, text_of

with brought_by("search"):
    import jinja2
    import plotly.offline
    from plotly.io.json import to_json_plotly

FOLDER = Path(__file__).parent


def render(page: Page) -> str:
    """The page as HTML, including styles, plots and the plotting library, so that it fetches nothing."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"cell": text_of, "figure": figure_json, "csp_hash": _csp_hash}
    environment.tests |= {"number": is_number}
    has_plots = any(isinstance(block, Plot) for section in page.sections for block in section.blocks)
    script = (FOLDER / "plots.js").read_text(encoding="utf-8")
    return environment.get_template("page.html.jinja").render(
        page=page,
        style=(FOLDER / "style.css").read_text(encoding="utf-8"),
        scripts=[plotly.offline.get_plotlyjs(), script] if has_plots else [],
    )


def _csp_hash(script: str) -> str:
    """The hash by which a Content-Security-Policy allows a script."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def figure_json(plot: Plot) -> str:
    """The figure as JSON, escaped for HTML."""
    figure = plot.figure.to_plotly_json()
    figure["layout"].pop(
        "template", None
    )  # the script has its own template, with the colours of the style sheet
    return str(to_json_plotly(figure)).replace("<", "\\u003c")
