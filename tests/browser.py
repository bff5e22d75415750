"""Pages as a person sees them: a real browser without a window, and what any page of ours must fulfil in it."""

import os
import platform
import shutil
from pathlib import Path

import pytest

ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)
DESKTOP, PHONE = 1280, 375
MAX_BYTES = 6_000_000


class Browser:
    """Chromium with one page open.

    Attributes:
        driver: of selenium.
    """

    def __init__(self, profile: Path):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
        if not all(programs):
            remedy = "no browser for the tests of pages; install it: apt-get install chromium chromium-driver"
            # There, `make test` installs them.
            debian_root = os.geteuid() == 0 and platform.freedesktop_os_release().get("ID") == "debian"
            (pytest.fail if debian_root else pytest.skip)(remedy)
        options = webdriver.ChromeOptions()
        options.binary_location = programs[0]  # pyright: ignore[reportAttributeAccessIssue]
        for argument in (*ARGUMENTS, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        # With a path, selenium looks for no driver of its own.
        self.driver = webdriver.Chrome(options=options, service=Service(programs[1]))
        self.driver.set_script_timeout(300)
        self.driver.set_page_load_timeout(300)

    def open(self, page: Path, width: int = DESKTOP, dark: bool = False) -> None:
        """Opens a page and waits until its plots are drawn."""
        self.resize(width)
        self.emulate(dark=dark)
        self.logs()
        self.driver.get(page.as_uri())
        self.script(
            """
            const done = arguments[arguments.length - 1];
            (function wait() {
              const drawn = document.documentElement.hasAttribute("data-drawn");
              drawn || !document.querySelector("[data-figure]") ? done() : setTimeout(wait, 20);
            })();""",
            wait=True,
        )

    def resize(self, width: int, height: int = 900) -> None:
        """Changes the size of the window."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.frame()

    def emulate(self, dark: bool = False) -> None:
        """Sets what the user prefers, and waits until the page has followed."""
        feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        self.frame()

    def frame(self) -> None:
        """Waits until the browser has drawn what has changed."""
        self.script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))", wait=True
        )

    def script(self, text: str, *arguments: object, wait: bool = False):
        """Runs JavaScript; with `wait`, until it calls its last argument."""
        run = self.driver.execute_async_script if wait else self.driver.execute_script
        return run(text, *arguments)

    def logs(self) -> tuple[list[str], list[str]]:
        """Messages of the console, and addresses that were asked for, since the last call."""
        import json

        console = [entry["message"] for entry in self.driver.get_log("browser")]
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        asked = [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]
        return console, [url for url in asked if not url.startswith("data:")]


def check_page(browser: Browser, page: Path) -> None:
    """What any page must fulfil, on a desk and on a phone, in daylight and at night."""
    assert page.stat().st_size < MAX_BYTES
    assert page.read_text(encoding="utf-8").count("plotly.js v") <= 1  # its banner
    browser.open(page)
    console, asked = browser.logs()
    assert console == []
    assert asked == [page.as_uri()]
    _check_structure(browser)
    _check_plots(browser)
    for dark in (False, True):
        browser.emulate(dark=dark)
        assert browser.script(_CONTRASTS) == []
    browser.resize(PHONE)
    assert browser.script("return document.documentElement.scrollWidth") <= PHONE
    browser.open(page, PHONE)
    assert browser.script("return document.documentElement.scrollWidth") <= PHONE
    assert browser.script("return window.innerWidth") == PHONE
    assert browser.logs()[0] == []


def _check_structure(browser: Browser) -> None:
    found = browser.script(
        """
        const all = (query) => [...document.querySelectorAll(query)];
        return {
          language: document.documentElement.lang,
          title: document.title,
          landmarks: ["header", "nav", "main", "footer"].map((name) => all(name).length),
          levels: all("h1, h2, h3, h4").map((heading) => Number(heading.tagName[1])),
          unnamed: all("section, [role=region], [role=group]").filter((element) => {
            const label = element.getAttribute("aria-labelledby");
            return !(label ? document.getElementById(label)?.textContent : element.getAttribute("aria-label"));
          }).length,
          ids: all("[id]").map((element) => element.id),
          dead: all("a[href^='#']").filter((a) => !document.getElementById(a.hash.slice(1))).length,
          unreachable: all(".scroll, pre").filter((e) => e.scrollWidth > e.clientWidth && e.tabIndex !== 0).length,
          headless: all("table").filter((t) => !t.caption || !t.querySelector("th[scope=col]")).length,
        };"""
    )
    assert found["language"] == "en"
    assert found["title"]
    assert found["landmarks"] == [1, 1, 1, 1]
    assert found["levels"].count(1) == 1
    assert found["levels"][0] == 1
    steps = zip(found["levels"], found["levels"][1:], strict=False)
    assert all(after <= before + 1 for before, after in steps)
    assert len(set(found["ids"])) == len(found["ids"])
    assert (found["unnamed"], found["dead"], found["unreachable"], found["headless"]) == (0, 0, 0, 0)


def _check_plots(browser: Browser) -> None:
    plots = browser.script(
        """
        return [...document.querySelectorAll("[data-figure]")].map((plot) => ({
          name: plot.getAttribute("aria-label"),
          marks: plot.querySelectorAll(".trace path, .trace use, .hm image, .bars path").length,
          rows: plot.closest("figure").querySelectorAll("details tbody tr").length,
          inside: plot.scrollWidth <= plot.clientWidth,
          silent: [...plot.querySelectorAll(".main-svg")].every((svg) => svg.ariaHidden === "true"),
        }));"""
    )
    for plot in plots:
        assert plot["marks"], plot["name"]
        assert plot["rows"], plot["name"]
        assert plot["inside"], plot["name"]
        assert plot["silent"], plot["name"]


# Text whose contrast with what is behind it is below WCAG's AA (1.4.3), and lines of plots below 3:1 (1.4.11).
_CONTRASTS = """
const parse = (text) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const luminance = ([r, g, b]) => [r, g, b]
  .map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const ratio = (a, b) => {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};
const behind = (element) => {
  for (let e = element; e; e = e.parentElement) {
    const colour = parse(getComputedStyle(e).backgroundColor);
    if (colour[3] === 255) return colour;
  }
  return [255, 255, 255];
};
const poor = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; (node = walker.nextNode()); ) {
  const element = node.parentElement;
  if (!node.data.trim() || element.closest("script, style, .heatmap-label")) continue;
  const style = getComputedStyle(element);
  const colour = parse(element.closest("svg") ? style.fill : style.color);
  if (ratio(colour, behind(element)) < 4.5) poor.push(node.data.trim().slice(0, 40));
}
const style = getComputedStyle(document.documentElement);
const surface = parse(style.getPropertyValue("--surface"));
for (const name of ["blue", "orange", "green", "purple", "red", "grey"])
  if (ratio(parse(style.getPropertyValue("--" + name)), surface) < 3) poor.push(name);
return poor;
"""
