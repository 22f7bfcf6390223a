from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CELL = "trtrtx1.6.1-cuda12.9-wheels"
CASE = f"{CELL}::retinaface-mnet025-640.onnx.int8-qdq.sm86"
WEIGHTS = f"{CELL}::retinaface-mnet025-640.onnx.fp16-typed.sm86"

pytestmark = pytest.mark.browser

Open = Callable[..., "Page"]


@pytest.fixture
def open_page(browser: Browser, index: Path) -> Iterator[Open]:
    """Opens the page from disk; afterwards nothing may have been logged, thrown or asked of a network."""
    wrong: list[str] = []
    pages: list[Page] = []

    def opened(anchor: str = "", *, width: int = 1440, path: Path = index, **context: Any) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900}, **context)
        pages.append(page)
        page.on("console", lambda message: wrong.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("request", lambda request: wrong.append(request.url) if not _local(request.url) else None)
        page.goto(f"{path.as_uri()}{anchor}")
        return page

    yield opened
    for page in pages:
        page.close()
    assert wrong == []


def until(page: Page, condition: str) -> None:
    """Wait until ``condition`` holds on the page: asked from outside, since the page's policy forbids ``eval``."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(25)
    pytest.fail(f"never came true: {condition}")


def _local(url: str) -> bool:
    return url.startswith(("file:", "data:"))


@pytest.mark.parametrize("width", [390, 768, 1024, 1440])
@pytest.mark.parametrize("anchor", ["", f"#{CASE}", f"#{WEIGHTS}"])
def test_the_page_never_scrolls_sideways(open_page: Open, width: int, anchor: str) -> None:
    page = open_page(anchor, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("anchor", [f"#{CASE}", f"#{WEIGHTS}"])
def test_all_text_has_contrast(open_page: Open, scheme: str, anchor: str) -> None:
    page = open_page(anchor, color_scheme=scheme)
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    page.wait_for_timeout(100)
    looked_at, low = page.evaluate(CONTRAST)
    assert looked_at > 300
    assert low == []


def test_a_case_link_opens_the_case(open_page: Open) -> None:
    page = open_page(f"#{CASE}")
    row = page.locator(f"[id='{CASE}']")
    assert row.locator("button").get_attribute("aria-expanded") == "true"
    assert row.evaluate("row => row.getBoundingClientRect().top") < 300
    detail = page.locator(".detail")
    assert "A plugin's input has no single INT8 scale" in detail.inner_text()
    assert f"trt-matrix run --only {CASE}" in detail.inner_text()


def test_the_log_unfolds_and_is_harmless(open_page: Open) -> None:
    page = open_page("#trtrtx1.5.0-cuda12.9-wheels::retinaface-mnet025-640.onnx.bf16-typed.sm89")
    page.locator(".detail summary").click()
    log = page.locator(".detail .log").inner_text()
    assert "Segmentation fault" in log
    page.goto(page.url.split("#")[0] + f"#{CASE}")
    assert page.locator(".detail .log mark").first.text_content() == "   31  [E] Assertion scales.size() == 1 failed"


def test_weights_are_shown_with_what_the_release_said(open_page: Open) -> None:
    detail = open_page(f"#{WEIGHTS}").locator(".detail")
    assert "unsaid: the release has a text for it and did not print it" in detail.inner_text()
    assert detail.locator(".bars rect.sub").count() == 10
    assert detail.locator(".bars rect.low").count() == 3


def test_the_filter_stands_in_the_address(open_page: Open) -> None:
    page = open_page()
    page.fill("#filter", "outcome:failed int8")
    until(page, "location.hash.includes('q=')")
    assert page.evaluate("location.hash") == "#q=outcome:failed%20int8"
    assert page.locator("#matches").inner_text() == "8 of 148 cases in 2 cells"
    assert page.locator("details.cell:visible").count() == 2
    again = open_page("#q=outcome:failed%20int8")
    assert again.input_value("#filter") == "outcome:failed int8"
    assert again.locator("details.cell:visible").count() == 2
    again.locator("details.cell:visible summary").first.click()
    assert again.locator(".cases tbody tr:visible").count() == 4


@pytest.mark.parametrize(
    ("words", "cells"), [("-rtx", 0), ("rule:int8-plugin 1.6.1", 2), ("predicted -fp16", 7), ("nothing-like-it", 0)]
)
def test_the_filter_takes_words_away_and_asks_for_rules(open_page: Open, words: str, cells: int) -> None:
    page = open_page(f"#q={words}")
    shown = page.locator("details.cell:visible").count()
    assert shown == (8 if words == "-rtx" else cells)
    assert page.locator("#nothing").is_visible() is (shown == 0)


def test_an_outcome_in_the_header_is_a_filter(open_page: Open) -> None:
    page = open_page()
    page.locator(".outcomes a.is-crashed").click()
    assert page.input_value("#filter") == "outcome:crashed"
    assert page.locator("details.cell:visible").count() == 2


def test_works_by_keyboard_alone(open_page: Open) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator(f".grid tr[data-cell='{CELL}'] th a").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowUp", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    until(page, "document.activeElement.getAttribute('aria-expanded') === 'true'")
    assert page.evaluate("document.activeElement.closest('tr').id") == CASE
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "false"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "filter"
    page.keyboard.type("fp32")
    page.keyboard.press("Escape")
    assert page.input_value("#filter") == ""


def test_every_control_is_reached_by_tab_and_has_a_name(open_page: Open) -> None:
    page = open_page(f"#{CASE}")
    nameless = page.evaluate(
        """[...document.querySelectorAll('a, button, input, summary')]
        .filter(e => e.tabIndex < 0 || !(e.innerText || e.textContent || e.labels?.[0]?.innerText || '').trim())
        .map(e => e.outerHTML)"""
    )
    assert nameless == []


def test_headings_and_tables_are_told_to_a_screen_reader(open_page: Open) -> None:
    page = open_page(f"#{CASE}")
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("row", name=CELL).get_by_role("rowheader").count() == 1
    heads = page.get_by_role("table", name="tensorrt-rtx: cells").get_by_role("columnheader")
    assert heads.all_inner_texts() == ["TensorRT-RTX", "onnx", "fp32", "fp16-typed", "bf16-typed", "int8-qdq"]
    assert page.get_by_role("search").get_by_label("Filter").count() == 1


def test_a_mark_has_its_own_shape_for_each_outcome(open_page: Open) -> None:
    page = open_page()
    shapes = page.evaluate("[...document.querySelectorAll('symbol')].map(s => s.innerHTML)")
    assert len(shapes) == len(set(shapes)) == 9


def test_print_shows_what_is_folded(open_page: Open) -> None:
    page = open_page()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details.cell:not([open])").count() == 0
    assert page.locator("details.cause:not([open])").count() == 0
    assert page.locator("form.filter").is_hidden()
    assert page.pdf()[:5] == b"%PDF-"


def test_without_script_the_grid_and_the_failures_are_there(open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    assert page.locator(".grid tbody tr").count() == 15
    assert page.locator("form.filter").is_hidden()
    page.locator(f"details.cell[id='{CELL}'] > summary").click()
    assert "Assertion scales.size() == 1 failed" in page.locator(f"[id='{CASE}']").inner_text()


def test_ten_thousand_cases_are_ready_within_a_second_and_a_half(open_page: Open, big_index: Path) -> None:
    assert big_index.stat().st_size < 5_000_000
    page = open_page(path=big_index)
    page.fill("#filter", "outcome:failed sm86 1.6.1")
    until(page, "document.getElementById('matches').value !== ''")
    timing = "performance.getEntriesByType('navigation')[0].domInteractive"
    assert page.evaluate(timing) < 1500
    assert page.evaluate(TIME_OF_FILTER) < 1500
    assert "of 10,000 cases" in page.locator("#matches").inner_text()


TIME_OF_FILTER = """() => {
  const field = document.getElementById('filter');
  const begin = performance.now();
  field.value = 'outcome:warned';
  field.form.requestSubmit();
  return performance.now() - begin;
}"""

# Each visible text's colour against what lies behind it: WCAG 2's ratio, 4.5 for text of this size.
CONTRAST = """() => {
  const parse = (css) => {
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const seen = new Map();
  const colour = (css) => { if (!seen.has(css)) seen.set(css, parse(css)); return seen.get(css); };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let node = element; node; node = node.parentElement) {
      const [r, g, b, a] = colour(getComputedStyle(node).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const low = [];
  let looked = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (!text || !element.checkVisibility() || element.closest('script, .hidden, .skip, svg')) continue;
    looked += 1;
    const front = light(colour(getComputedStyle(element).color).slice(0, 3)), back = light(behind(element));
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    if (ratio < 4.5) low.push(`${ratio.toFixed(2)} ${element.className} ${text.slice(0, 40)}`);
  }
  return [looked, [...new Set(low)]];
}"""
