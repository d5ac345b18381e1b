import pytest
from playwright.sync_api import expect

from eventcorpus.eval.compare import compare
from eventcorpus.eval.runs import Run
from eventcorpus.render.compare import compare_page

from .conftest import Open, expect_tally
from .made_up import LABELS, ODD, ONTOLOGY, always_actor, empty, gold, perfect, shifted, system

GOLD = gold()
NAMES = ("old <b>", "new </script><script>alert(4)</script>")


def page_of(first, second) -> str:
    a, b = system(GOLD, first), system(GOLD, second)
    found = compare(GOLD, [Run(a)], [Run(b)], names=NAMES, labels=LABELS, n_resamples=50, rounds=200)
    return compare_page(found, GOLD, a, b, ONTOLOGY)


def actors_and_alarms(start: int, end: int, label: str) -> list[tuple[int, int, str]]:
    return [(start, end, "Actor"), *([(end, end + 1, "Time")] if label == "Time" else [])]


def all_but_actors(start: int, end: int, label: str) -> list[tuple[int, int, str]]:
    return [] if label == "Actor" else [(start, end, label)]


def test_what_was_fixed_and_what_broke_is_shown(show: Open) -> None:
    page = show(page_of(actors_and_alarms, all_but_actors))
    expect_tally(page, "fixed: now right 9 · fixed: false alarm gone 2")
    expect(page.locator(".item .kind").first).to_have_text("fixed: now right")
    page.select_option("#kind", "group:worse")
    expect_tally(page, "broken: no longer right 8")
    expect(page.locator(".item header .soft").first).to_have_text("right → missed")
    page.select_option("#kind", "kind:alarm_gone")
    page.select_option("#label", label="Time")
    expect_tally(page, "fixed: false alarm gone 2")
    assert page.locator("#per-label tbody tr", has_text="Place").inner_text().split("\t")[2] == "+100.0"


def test_the_other_way_round_everything_that_was_fixed_breaks(show: Open) -> None:
    page = show(page_of(perfect, always_actor))
    expect_tally(page, "broken: no longer right 9")
    page.locator("#error-1 .open").click()
    expect(page.locator("dialog .columns h3")).to_have_text(["gold", *NAMES])
    assert page.locator("dialog .state-worse").count() >= 3


def test_what_neither_gets_can_be_asked_for(show: Open) -> None:
    page = show(page_of(shifted, empty))
    page.select_option("#kind", "group:same")
    expect_tally(page, "wrong in both 17")
    expect(page.locator(".item header .soft").first).to_have_text("wrong ends → missed")
    page.select_option("#label", label=ODD)
    expect_tally(page, "wrong in both 1")


def test_equal_systems_have_nothing_fixed_and_nothing_broken(show: Open) -> None:
    page = show(page_of(always_actor, always_actor))
    assert page.locator(".verdict").inner_text().startswith("These articles do not tell old <b> and new </script>")
    assert page.locator("#kind option").all_inner_texts()[0] == "what was fixed (0)"
    expect_tally(page, "wrong in both 9")


@pytest.mark.parametrize("width", [380, 1280])
def test_the_page_does_not_scroll_sideways(show: Open, width: int) -> None:
    page = show(page_of(shifted, always_actor), width=width, dark=True)
    assert page.evaluate("document.documentElement.scrollWidth") == width
