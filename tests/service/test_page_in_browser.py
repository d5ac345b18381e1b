"""The page of the service in a real Chromium: a pasted article, marks, arrows, keys, names for screen readers, hostile text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from chromium import FLAGS, find_browser
from served_process import Running, running

TEXT = "rebels bombed homs. the raid on homs killed"
HOSTILE = "</textarea></script><img src=x onerror=alert(1)><b>rebels bombed homs</b>"
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def service(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(model_folder, tmp_path_factory.mktemp("service")) as one:
        yield one


@pytest.fixture
def page(service: Running) -> Iterator[Page]:
    """The page; in the end nothing else may have been asked for, and nothing written to the console or popped up."""
    heard: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(FLAGS))
        one = browser.new_page()
        one.set_default_timeout(20_000)
        one.on("request", lambda r: heard.append(r.url) if r.url.split("#")[0] != f"{service.url}/" else None)
        one.on("console", lambda m: heard.append(m.text) if "status of 422" not in m.text else None)
        one.on("pageerror", lambda e: heard.append(str(e)))
        one.on("dialog", lambda d: (heard.append(d.message), d.dismiss()))
        one.goto(f"{service.url}/")
        yield one
        browser.close()
    assert heard == []


def read(page: Page, text: str) -> None:
    page.get_by_label("Article").fill(text)
    page.get_by_role("button", name="Read").click()
    expect(page.locator("#read")).to_be_visible()


def arrows(page: Page) -> list[str]:
    return sorted(page.locator("svg.links text").all_text_contents())


def test_a_pasted_article_is_marked_and_arrows_lead_from_a_trigger_to_its_arguments(page: Page) -> None:
    read(page, TEXT)
    expect(page).to_have_title("5 mentions: raids")
    assert page.locator("#read mark").all_inner_texts() == [
        "rebelsWho", "bombedAir raid", "homsVille ou village", "raidAir raid", "homsVille ou village",
    ]  # fmt: skip
    expect(page.locator("svg.links")).to_have_count(0)
    page.locator("#read mark", has_text="bombed").hover()
    assert arrows(page) == ["done by", "où"]
    page.locator("#read mark", has_text="raid").last.hover()
    assert arrows(page) == ["done by", "où", "same"]
    expect(page.get_by_role("heading", name="Event rows: 1")).to_be_visible()
    expect(page.get_by_label("Article")).to_have_value(TEXT)


def test_everything_is_reached_with_the_keyboard_and_told_to_a_screen_reader(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Article")).to_be_focused()
    page.keyboard.type(TEXT)
    for name in ("Title", "Published"):
        page.keyboard.press("Tab")
        expect(page.get_by_label(name)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    bombed, raid = (page.get_by_role("button", name=name) for name in ("bombedAir raid", "raidAir raid"))
    expect(bombed).to_be_visible()
    for mark in (bombed, raid):
        mark.focus()
        expect(mark).to_have_attribute("aria-pressed", "true")
    expect(bombed).to_have_attribute("aria-pressed", "false")
    said = page.evaluate("document.getElementById(document.activeElement.getAttribute('aria-describedby')).textContent")
    assert "done by: rebels" in said and "où: homs" in said and "same: bombed" in said
    assert arrows(page) == ["done by", "où", "same"]
    page.keyboard.press("Escape")
    expect(page.locator("svg.links")).to_have_count(0)


def test_what_is_refused_is_an_alert_and_the_text_is_kept(page: Page) -> None:
    page.get_by_label("Article").fill(TEXT)
    page.get_by_label("Published").fill("soon")
    page.get_by_role("button", name="Read").click()
    expect(page.get_by_role("alert")).to_contain_text("the article: published is 'soon'; it must be an ISO date")
    expect(page.get_by_label("Article")).to_have_value(TEXT)


def test_hostile_text_is_shown_as_text(page: Page) -> None:
    read(page, HOSTILE)
    expect(page.get_by_label("Article")).to_have_value(HOSTILE)
    shown = page.locator("#read .article").evaluate(
        "(one) => { one.querySelectorAll('small').forEach((name) => name.remove()); return one.textContent; }"
    )
    assert shown == HOSTILE
    assert page.locator("img, #read b, #read script").count() == 0


@pytest.mark.parametrize("width", [375, 1280])
def test_the_page_does_not_scroll_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    read(page, TEXT + " " + "x" * 500)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
