"""Draws report.png from a report, by default the newest in workspace/reports.

python -m docs.report.draw [REPORT]
"""

import base64
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.browser import Browser

WIDTH, HEIGHT = 860, 1280
PICTURE = Path(__file__).with_name("report.png")


def parts(report: Path) -> list[Image.Image]:
    """Screenshots of the top of the page, and of the section on the training."""
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(Path(profile))
        try:
            browser.open(report, WIDTH)
            top = browser.script("return document.getElementById('training').closest('section').offsetTop")
            return [_clip(browser, y) for y in (0, top - 16)]
        finally:
            browser.driver.quit()


def _clip(browser: Browser, y: int) -> Image.Image:
    clip = {"x": 0, "y": y, "width": WIDTH, "height": HEIGHT, "scale": 1}
    shot = browser.driver.execute_cdp_cmd(
        "Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True}
    )
    return Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")


if __name__ == "__main__":
    report = Path(
        sys.argv[1] if len(sys.argv) > 1 else max(Path("workspace/reports").glob("*.html"))
    ).resolve()
    picture = Image.new("RGB", (2 * WIDTH, HEIGHT))
    for place, part in enumerate(parts(report)):
        picture.paste(part, (place * WIDTH, 0))
    picture.quantize(128).save(PICTURE, optimize=True)
    print(PICTURE)
