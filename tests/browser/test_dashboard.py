from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.history import store, writer
from harness.report.dashboard import Options, write
from tests.month import Story

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
STORY = Story(length=400, lanes=2, cases=30)
CASE = "trtrtx-cuda12-wheels.retina-640.onnx.fp16-typed.sm86.html"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 nights x 60 cases, with pages of the runs for links to lead to."""
    out = tmp_path_factory.mktemp("nights")
    with store.opened(out / store.FILE) as database:
        for day in range(STORY.length):
            night = STORY.night(day)
            (out / night.run.id).mkdir()
            (out / night.run.id / "index.html").write_text("<title>a run</title>", encoding="utf-8")
            writer.add(database, night, out / night.run.id)
        write(database, out / "dashboard", Options())
    return out / "dashboard"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Fails the test on any error that the page's script meets."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    errors: list[Any] = []
    opened.on("pageerror", lambda error: errors.append(error))
    yield opened
    opened.close()
    assert errors == []


def test_the_filter_stands_in_the_address(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    page.fill("#filter", "outcome:failed int8")
    assert page.evaluate("location.hash").startswith("#q=outcome")
    shown = page.locator(".series tbody tr:visible")
    assert shown.count() == 2
    page.goto((site / "index.html").as_uri() + "#q=is%3Aflaky")
    page.reload()
    assert page.input_value("#filter") == "is:flaky"
    assert page.locator(".series tbody tr:visible").count() == 2


def test_the_keyboard_reaches_the_filter(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("/")
    page.keyboard.type("no such case")
    assert page.inner_text("#matches") == "0 cases of 60"
    page.keyboard.press("Escape")
    assert page.inner_text("#matches") == ""


def test_strips_are_drawn_and_speak(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    page.locator("#cases").scroll_into_view_if_needed()
    strip = page.locator(".series svg.bars-strip").first
    strip.wait_for()
    assert "night" in (strip.get_attribute("aria-label") or "")


def test_the_plot_of_all_nights_speaks_and_opens_a_night(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri() + "#night=2026-08-09")
    assert page.inner_text("#night-reading").startswith("2026-08-09: ")
    assert "Broken cases" in (page.locator("#night-plot svg[role=img]").first.get_attribute("aria-label") or "")
    page.locator("#night-plot").focus()
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#night-reading").startswith("2026-08-10: ")
    assert page.evaluate("location.hash") == "#night=2026-08-10"
    page.locator("#night-plot svg[role=img]").first.hover(position={"x": 200, "y": 20})
    assert page.inner_text("#tip").startswith("2026-")
    page.keyboard.press("Enter")
    page.wait_for_url("**/index.html")
    assert page.title() == "a run"


def test_the_plot_of_all_nights_is_a_table_too(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    page.locator("#night-table summary").click()
    rows = page.locator("#night-table tbody tr")
    rows.last.wait_for()
    assert rows.count() == STORY.length


def test_a_deep_link_opens_on_its_night(page: Page, site: Path) -> None:
    page.goto((site / "case" / CASE).as_uri() + "#night=2026-08-09")
    assert page.inner_text("#reading").startswith("2026-08-09: warned")
    assert "fp16.below_blobs 73 → 128" in page.inner_text("#reading")


def test_arrow_keys_walk_over_the_nights_and_enter_opens_the_evidence(page: Page, site: Path) -> None:
    page.goto((site / "case" / CASE).as_uri())
    last = page.inner_text("#reading")[:10]
    page.locator("#plots svg").first.focus()
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#reading")[:10] < last
    assert page.evaluate("location.hash") == f"#night={page.inner_text('#reading')[:10]}"
    page.keyboard.press("Enter")
    page.wait_for_url("**/index.html#*")
    assert page.title() == "a run"


def test_pointing_shows_the_values(page: Page, site: Path) -> None:
    page.goto((site / "case" / CASE).as_uri())
    page.locator("#plots figure svg").nth(1).hover(position={"x": 300, "y": 40})
    assert page.locator("#tip").is_visible()
    assert page.inner_text("#tip").startswith("2026-")


def test_the_table_has_every_night(page: Page, site: Path) -> None:
    page.goto((site / "case" / CASE).as_uri())
    page.locator("#table summary").click()
    rows = page.locator("#table tbody tr")
    rows.last.wait_for()  # they are made when the table is opened
    assert rows.count() == STORY.length


@pytest.mark.parametrize("where", ["index.html", f"case/{CASE}", "cell/trtrtx-cuda12-wheels.html"])
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_fits_the_screen(browser: Browser, site: Path, where: str, width: int, scheme: Any) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto((site / where).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    page.close()


def test_is_interactive_within_a_second_and_a_half(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    assert (site / "index.html").stat().st_size < 1_000_000
    timing = page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive")
    assert timing < 1500
