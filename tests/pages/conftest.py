"""A page in a real browser that may not ask for anything, say anything or ask anyone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from chromium import FLAGS, find_browser

Open = Callable[..., Page]
# A browser tells of a followed link (hashchange) after the click is done: whatever a page says is waited for.
TIMEOUT_MS = 20_000
expect.set_options(timeout=TIMEOUT_MS)


def expect_tally(page: Page, text: str) -> None:
    """The page counts its errors so, by and by."""
    expect(page.locator("#tally")).to_have_text(text)


def expect_place(page: Page, fragment: str) -> None:
    """The address ends so, by and by."""
    expect(page).to_have_url(re.compile(re.escape(fragment) + "$"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=find_browser(), args=list(FLAGS))


@pytest.fixture
def show(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open HTML in the browser; in the end nothing may have been asked for, written to the console or popped up."""
    heard: list[str] = []
    contexts = []

    def call(html: str, fragment: str = "", *, width: int = 1280, dark: bool = False, script: bool = True) -> Page:
        file = tmp_path / f"page{len(contexts)}.html"
        file.write_text(html, encoding="utf-8")
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.on("request", lambda r: heard.append(r.url) if r.url.partition("#")[0] != file.as_uri() else None)
        page.on("console", lambda m: heard.append(m.text))
        page.on("pageerror", lambda e: heard.append(str(e)))
        page.on("dialog", lambda d: (heard.append(d.message), d.dismiss()))
        page.goto(file.as_uri() + fragment)
        return page

    yield call
    for context in contexts:
        context.close()
    assert heard == []
