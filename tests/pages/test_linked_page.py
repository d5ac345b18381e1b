"""The error browser of a system that gives roles, attributes and events."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from linked_predictions import ODD, PLANNED, page_of, system, without_links

from .conftest import Open, expect_place, expect_tally

EVERYTHING = "#kind="


def card(page: Page, words: str) -> Locator:
    """The card of a mention."""
    return page.locator(".item", has=page.locator("mark.issue", has_text=words)).first


def trigger(where: Locator, words: str, side: int = 0) -> Locator:
    return where.locator(f'mark[data-linked][data-at^="{side}."]', has_text=words).first


def arrows(page: Page) -> list[str]:
    """What the arrows in sight are called, and how their lines are drawn."""
    return page.evaluate("""() => {
        const lines = [...document.querySelectorAll("svg.links path.link")].map((one) => getComputedStyle(one));
        const dashes = lines.map((style) => style.strokeDasharray);
        const states = [...document.querySelectorAll("svg.links path.link")].map((one) => one.classList[1]);
        const names = [...document.querySelectorAll("svg.links text")].map((one) => one.textContent);
        return names.map((name, i) => `${name} ${states[i]} ${dashes[i]}`).sort();
    }""")


def test_pointing_at_a_trigger_draws_arrows_and_says_the_same_in_words(show: Open) -> None:
    page = show(page_of(system()), EVERYTHING)
    attack = card(page, "attacked")
    expect(page.locator("svg.links")).to_have_count(0)
    trigger(attack, "attacked").hover()
    assert arrows(page) == [
        "agent right none", "agent right none", "place right none", "place right none", "time missed 7px, 4px",
    ]  # fmt: skip
    assert attack.locator(".panel li").all_inner_texts() == [
        " time “Monday” – missed",
        " agent “rebels” – right, 0.80",
        " place “Homs” – right, 0.80",
        " place “Aleppo” – spurious, 0.80 (in another sentence)",
        " “raid” – missed (in another sentence)",
    ]
    expect(attack.locator(".panel tr").nth(1)).to_have_text(re.compile("modality.*actual.*actual, 0.60.*same"))
    trigger(attack, "killing").hover()
    assert attack.locator(".panel li").all_inner_texts() == [" place “Homs” – missed"]
    expect(attack.locator(".panel tr.alone")).to_have_text(re.compile("modality.*actual.*–.*not compared"))


def test_an_arrow_starts_at_the_trigger_and_ends_at_the_argument_at_every_width(show: Open) -> None:
    page = show(page_of(system()), EVERYTHING)
    attack = card(page, "attacked")
    trigger(attack, "attacked").click()
    for width in (1500, 900, 400):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(100)  # the browser tells of a new size after the next frame
        away = page.evaluate("""() => {
            const scope = document.querySelector("svg.links").parentElement;
            const middle = (one) => {
                const box = one.getClientRects()[0], around = scope.getBoundingClientRect();
                return [(box.left + box.right) / 2 - around.left, (box.top + box.bottom) / 2 - around.top];
            };
            const marks = [...scope.querySelectorAll("mark")].map(middle);
            const near = ([x, y], dx) => Math.min(...marks.map(([a, b]) => Math.abs(a - x) <= dx ? Math.abs(b - y) : 1e6));
            return [...scope.querySelectorAll("svg.links path.link")].map((path) => {
                const end = path.getPointAtLength(path.getTotalLength()), start = path.getPointAtLength(0);
                return Math.max(near([start.x, start.y], 1), near([end.x, end.y], 6));
            });
        }""")
        assert len(away) == 5 and max(away) < 26  # half a line of text, and the point of the arrow
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_whole_article_has_arrows_to_other_sentences_and_the_panel_beside_it(show: Open) -> None:
    page = show(page_of(system()), EVERYTHING)
    card(page, "attacked").locator(".open").click()
    whole = page.locator("dialog[open]")
    expect(whole.locator(".panel li", has_text="Aleppo")).to_have_text(" place “Aleppo” – spurious, 0.80")
    assert "place spurious 1px, 4px" in arrows(page)
    trigger(whole, "assault", side=1).click()
    expect(whole.locator(".panel tr.different")).to_have_text(re.compile("≠ different"))
    expect(whole.locator(".panel tr.different td").first).to_have_text(PLANNED)
    assert whole.locator(".panel li").all_inner_texts() == [
        " place “Aleppo” – missed",
        " place “Homs” – spurious, 0.80",
        " “raid” – spurious, 0.80",
    ]
    whole.locator(".panel a.number").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator(".item.current mark.issue").first).to_contain_text("assault")


def test_triggers_are_reached_by_keys(show: Open) -> None:
    page = show(page_of(system()), EVERYTHING + "&label=Attack")
    page.keyboard.press("j")
    expect(page.locator(".item.current .panel")).to_contain_text("“attacked”")
    for _ in range(3):  # the number, the button, the trigger in the gold
        page.keyboard.press("Tab")
    focused = page.locator("mark:focus")
    expect(focused).to_have_attribute("aria-pressed", "true")
    expect(focused).to_have_attribute("role", "button")
    assert "agent right none" in arrows(page)
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press("j")
    expect(page.locator(".item.current .panel")).to_contain_text("“raid”")


def test_articles_and_mentions_with_a_wrong_link_are_filtered_and_counted(show: Open) -> None:
    page = show(page_of(system()))
    assert page.locator("#linked option").all_inner_texts() == [
        "any roles, attributes, events",
        "articles with a wrong role (1)",
        "articles with a wrong attribute (1)",
        "articles with a wrong event (1)",
        "mentions with a wrong role (3)",
        "mentions with a wrong attribute (1)",
        "mentions with a wrong event (3)",
    ]
    expect_tally(page, "missed 1")
    page.select_option("#linked", "articles.role")
    expect_tally(page, "missed 1 · right 7")
    expect(page.locator("#links-tally")).to_have_text(
        "roles: right 3, missed 3, spurious 2 · attributes: right 2, different 1 · "
        "pairs of triggers of one event: missed 1, spurious 1"
    )
    expect_place(page, "#kind=&linked=articles.role")
    page.select_option("#linked", "attribute")
    expect_tally(page, "right 1")
    expect(page.locator(".links-wrong")).to_have_text("2 wrong roles, 1 wrong attribute, wrong event")
    page.select_option("#linked", "event")
    expect(page.locator("#found")).to_have_text("3 of 13")
    page = show(page_of(system()), "#linked=role")
    expect(page.locator("#found")).to_have_text("3 of 13")
    page = show(page_of(system()), "#linked=%3Cb%3E")
    expect(page.locator("#found")).to_have_text("13 of 13")


def test_names_and_words_that_look_like_html_are_text(show: Open) -> None:
    page = show(page_of(system()), EVERYTHING)
    shelled = card(page, "shelled")
    trigger(shelled, "shelled").hover()
    expect(shelled.locator(".panel li b").first).to_have_text(ODD)
    expect(page.locator("svg.links text").first).to_be_visible()
    card(page, "died").locator(".open").click()
    expect(page.locator("dialog .panel td").first).to_have_text(PLANNED)
    assert page.locator("#list img, #list b b, dialog img, dialog script").count() == 0


@pytest.mark.parametrize(("width", "dark"), [(400, True), (900, False), (1500, True)])
def test_no_linked_page_scrolls_sideways(show: Open, width: int, dark: bool) -> None:
    page = show(page_of(system()), EVERYTHING, width=width, dark=dark)
    trigger(card(page, "shelled"), "shelled").hover()
    trigger(card(page, "assault"), "assault").hover()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    card(page, "shelled").locator(".open").click()
    assert page.evaluate(
        "[...document.querySelectorAll('#whole-text, dialog, .panel')].every((one) => one.scrollWidth <= one.clientWidth + 2)"
    )


def test_the_page_of_mentions_alone_has_nothing_of_it(show: Open) -> None:
    page = show(page_of(without_links(system())), EVERYTHING)
    expect(page.locator("#found")).to_have_text("13 of 13")
    expect(page.locator("#linked, #links-tally, .panel, mark[tabindex]")).to_have_count(0)
    card(page, "attacked").locator(".open").click()
    page.locator("dialog mark", has_text="raid").first.click()
    expect(page.locator(".item.current mark.issue").first).to_contain_text("raid")
