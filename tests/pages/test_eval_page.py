import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import Open, expect_place, expect_tally
from .made_up import LABELS, LONG, ODD, always_actor, empty, gold, halves, page_of, perfect, shifted, system

GOLD = gold()


def texts(page: Page, selector: str) -> list[str]:
    return page.locator(selector).all_inner_texts()


@pytest.mark.parametrize(
    ("change", "said", "group"),
    [
        (always_actor, "wrong label 9", "every error (9)"),
        (shifted, "wrong ends 17", "every error (17)"),
        (halves, "split 17", "every error (17)"),
        (empty, "missed 17", "every error (17)"),
        (perfect, "", "every error (0)"),
    ],
)
def test_a_system_with_one_fault_is_said_to_have_that_fault(show: Open, change, said: str, group: str) -> None:
    page = show(page_of(GOLD, system(GOLD, change)))
    expect_tally(page, said)
    expect(page.locator("#kind option").first).to_have_text(group)
    page.select_option("#kind", "")
    right = {always_actor: "right 8", perfect: "right 17"}.get(change)
    expect_tally(page, " · ".join(part for part in (said, right) if part))


def test_a_perfect_system_has_hundreds_and_an_empty_one_noughts(show: Open) -> None:
    page = show(page_of(GOLD, system(GOLD, perfect)))
    assert texts(page, "#per-label tfoot tr:first-child td")[2] == "100.0"
    assert {row.split("\t")[2] for row in texts(page, "#per-label tbody tr")} == {"100.0"}
    page = show(page_of(GOLD, system(GOLD, empty)))
    assert {row.split("\t")[2] for row in texts(page, "#per-label tbody tr")} == {"0.0"}
    nothing = [gold()[-1]]
    page = show(page_of(nothing, system(nothing, perfect)))
    assert {row.split("\t")[2] for row in texts(page, "#per-label tbody tr")} == {"–"}
    expect(page.locator("#found")).to_have_text("0 of 0")


def test_every_article_stands_on_the_page_as_it_is(show: Open) -> None:
    """What the two columns of an opened article say, without our labels, is the article, character by character."""
    page = show(page_of(GOLD, system(GOLD, shifted)))
    shown = set()
    for number in range(1, page.locator(".item").count() + 1):
        page.locator(f"#error-{number} .open").click()
        sides = page.evaluate("""() => [...document.querySelectorAll("#whole-text .columns")].map((columns) => {
            const copy = columns.cloneNode(true);
            copy.querySelectorAll("small, h3").forEach((one) => one.remove());
            const texts = [...copy.children].map((one) => one.textContent);
            return [0, 1].map((side) => texts.filter((_, i) => i % 2 === side).join("\\n\\n"));
        })[0]""")
        assert sides[0] == sides[1]
        shown.add(sides[0])
        page.keyboard.press("Escape")
    assert shown == {one.article.text for one in GOLD if one.spans}


def test_filters_by_label_kind_and_words_count_what_is_left(show: Open) -> None:
    half_right = system(GOLD, lambda s, e, label: [(s, e, label)] if label == "Actor" else [(s, e, "Time")])
    page = show(page_of(GOLD, half_right))
    expect_tally(page, "wrong label 7")
    page.select_option("#label", label="Place")
    expect_tally(page, "wrong label 6")
    expect(page.locator("#found")).to_have_text("6 of 17")
    page.fill("#words", "HOMS")
    expect_tally(page, "wrong label 3")  # the long word stands in a sentence with Homs
    expect_place(page, "#label=Place&words=HOMS")
    page.fill("#words", "nowhere")
    expect_tally(page, "")
    expect(page.locator(".item")).to_have_count(0)
    page.fill("#words", "")
    page.select_option("#label", "")
    page.select_option("#kind", "kind:correct")
    expect_tally(page, "right 10")
    expect(page.locator(".item")).to_have_count(10)
    page.select_option("#label", label=ODD)
    expect_tally(page, "")


def test_a_cell_of_the_confusion_leads_to_its_mentions(show: Open) -> None:
    page = show(page_of(GOLD, system(GOLD, always_actor)))
    cell = page.locator('.confusion a[title="gold Place, predicted Actor: 6"]')
    expect(cell).to_have_text("6")
    cell.click()
    expect_tally(page, "wrong label 6")
    expect(page.locator("#found")).to_have_text("6 of 17")
    expect(page.locator("#pair")).to_have_text("gold Place, predicted Actor ✕")
    page.locator(f".confusion a[title='gold {ODD.replace(chr(39), chr(92) + chr(39))}, predicted Actor: 1']").click()
    expect_tally(page, "wrong label 1")
    page.locator("#pair").click()
    expect_tally(page, "wrong label 9")
    expect(page.locator("#pair")).to_be_hidden()


def test_what_is_missed_and_spurious_has_cells_too(show: Open) -> None:
    page = show(page_of(GOLD, system(GOLD, empty)))
    page.locator('.confusion a[title="gold Actor, predicted nothing: 8"]').click()
    expect_tally(page, "missed 8")
    expect_place(page, "#gold=Actor&predicted=")
    page = show(
        page_of(GOLD, system(GOLD, lambda s, e, label: [(s, e, label), (e, e + 1, "Time")] if label == "Time" else []))
    )
    page.locator('.confusion a[title="gold nothing, predicted Time: 2"]').click()
    expect_tally(page, "spurious 2")


def test_keys_walk_through_errors_and_open_articles(show: Open) -> None:
    page = show(page_of(GOLD, system(GOLD, shifted)))
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".item.current")).to_have_attribute("id", "error-2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("k")
    expect_place(page, "#error-2")
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open] #whole-about")).to_have_text(re.compile("#2: wrong ends$"))
    expect(page.locator("dialog mark.here")).to_have_count(2)
    page.keyboard.press("j")
    expect(page.locator("dialog[open] #whole-about")).to_have_text(re.compile("#3: wrong ends$"))
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    page.locator("#words").focus()
    page.keyboard.type("jk")
    expect(page.locator("#words")).to_have_value("jk")


def test_a_click_on_a_mark_leads_to_its_error(show: Open) -> None:
    page = show(page_of(GOLD, system(GOLD, always_actor)))
    page.locator("#error-1 .open").click()
    page.locator("dialog mark.state-error", has_text="monday").first.click()
    expect(page.locator(".item.current")).to_have_text(re.compile("monday.*monday", re.S))
    expect(page).to_have_url(re.compile(r"#error-\d+$"))


def test_links_open_what_they_name(show: Open) -> None:
    html = page_of(GOLD, system(GOLD, always_actor))
    page = show(html, "#error-3")
    expect(page.locator(".item.current")).to_have_attribute("id", "error-3")
    expect(page.locator("#error-3")).to_be_visible()
    page = show(html, "#error-12")  # one that is right: not among what is shown at first
    expect(page.locator(".item.current .kind")).to_have_text("right")
    page = show(html, "#kind=kind%3Alabel&label=Time")
    expect_tally(page, "wrong label 2")
    for nonsense in ("#error-999", "#error-0", "#gold=no&predicted=such", "#label=%00", "#kind=%3Cb%3E"):
        page = show(html, nonsense)
        expect(page.locator("#filter")).to_be_visible()


@pytest.mark.parametrize("width", [380, 1280, 2000])
def test_no_page_scrolls_sideways(show: Open, width: int) -> None:
    page = show(page_of(GOLD, system(GOLD, shifted)), width=width, dark=width == 380)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert LONG[:50] in page.locator("#list").inner_text()
    card = page.locator(".item", has_text=LONG[:50]).first
    card.locator(".open").click()
    assert page.evaluate(
        "[...document.querySelectorAll('#whole-text, dialog')].every((one) => one.scrollWidth <= one.clientWidth + 2)"
    )


def test_headers_sort(show: Open) -> None:
    page = show(page_of(GOLD, system(GOLD, lambda s, e, label: [(s, e, label)] if label in ("Place", "Time") else [])))

    def labels() -> list[str]:
        return [row.split("\t")[0] for row in texts(page, "#per-label tbody tr")]

    assert labels() == list(LABELS)
    page.locator("#per-label th button", has_text="gold").click()
    assert labels() == ["Actor", "Place", "Time", ODD]
    page.locator("#per-label th button", has_text="gold").click()
    assert labels() == [ODD, "Time", "Place", "Actor"]
    page.locator("#per-label th button", has_text="label").click()
    assert labels() == [ODD, "Actor", "Place", "Time"]
    assert page.locator("#per-label th[aria-sort=ascending]").inner_text().startswith("label")


def test_a_label_chooses_its_curve(show: Open) -> None:
    page = show(page_of(GOLD, system(GOLD, always_actor, confidence=0.7)))
    expect(page.locator(".curve.bold")).to_have_attribute("data-label", "micro")
    page.select_option("#curve", "Actor")
    expect(page.locator(".curve.bold")).to_have_attribute("data-label", "Actor")
    expect(page.locator("tr[data-of]:visible").first).to_have_attribute("data-of", "Actor")


def test_the_figures_need_no_script(show: Open) -> None:
    page = show(page_of(GOLD, system(GOLD, always_actor, confidence=0.7)), script=False)
    expect(page.locator("#per-label tbody tr")).to_have_count(len(LABELS))
    expect(page.locator(".confusion a")).to_have_count(4)
    assert page.locator("noscript").inner_text().startswith("This part of the page needs JavaScript")
    expect(page.locator("#filter")).to_be_hidden()


def test_a_label_that_only_the_system_has_is_shown(show: Open) -> None:
    page = show(page_of(GOLD, system(GOLD, lambda s, e, label: [(s, e, "</script><script>alert(3)</script>")])))
    expect_tally(page, "wrong label 17")
    page.select_option("#label", label="</script><script>alert(3)</script>")
    expect_tally(page, "wrong label 17")


def test_characters_that_nobody_sees_are_named(show: Open) -> None:
    page = show(page_of(GOLD, system(GOLD, shifted)))
    assert "200B" in page.locator(".item .invisible").evaluate_all("all => all.map((one) => one.dataset.code)")


def test_hundreds_of_errors_are_drawn_when_they_are_wanted(show: Open) -> None:
    articles = gold([("rebels left Homs on monday", (("rebels", "Actor"), ("Homs", "Place")))] * 100)
    page = show(page_of(articles, system(articles, empty)))
    expect_tally(page, "missed 200")
    expect(page.locator(".item")).to_have_count(40)
    page.locator("#more").click()
    expect(page.locator(".item")).to_have_count(80)
    page.goto(page.url.partition("#")[0] + "#error-150")
    expect(page.locator("#error-150.current")).to_be_visible()
