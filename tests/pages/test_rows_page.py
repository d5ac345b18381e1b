"""The page of event rows: filters, sorting, timeline, map, evidence, keys, hostile text."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page, expect

from eventcorpus.events.rows import Row
from eventcorpus.ontology import read_ontology_yaml
from eventcorpus.package_data import find_ontology_path
from eventcorpus.render.rows import rows_page
from made_up_rows import HOSTILE, ROWS, TEXTS, many_rows

from .conftest import Open, expect_place

ONTOLOGY = read_ontology_yaml(find_ontology_path())
PAGE = rows_page(ROWS, TEXTS, ONTOLOGY)
ALL = "11 of 11 rows: 7 actual incidents, killed in them at least 21"
MANY = 5000


@pytest.fixture(scope="module")
def many() -> str:
    return rows_page(*many_rows(MANY), ONTOLOGY)


def page_of(rows: Sequence[Row] = ROWS) -> str:
    return rows_page(rows, TEXTS, ONTOLOGY)


def expect_found(page: Page, text: str) -> None:
    expect(page.locator("#found")).to_have_text(text)


def triggers(page: Page) -> list[str]:
    """The triggers of the rows in sight, in their order."""
    return page.locator("#body td:first-child bdi").all_inner_texts()


def line(page: Page, words: str) -> Locator:
    return page.locator("#body tr[data-n]", has_text=words).first


def evidence(page: Page, words: str) -> Locator:
    """The evidence of a row, opened."""
    line(page, words).locator("td").first.click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_be_visible()
    return dialog


def test_incidents_stand_first_and_the_rest_below_in_grey(show: Open) -> None:
    page = show(PAGE)
    expect_found(page, ALL)
    assert triggers(page) == [
        "exploded", "killing", "toll", "arrested", "shelled", "wounding", "marched", "died", "planted", "meet", "signed",
    ]  # fmt: skip
    assert page.locator("#body tr.rule").all_inner_texts() == [
        "Actual incidents: 7",
        "Not summed up: 4 totals, background, plans, denials",
    ]
    colours = [line(page, words).evaluate("(one) => getComputedStyle(one).color") for words in ("killing", "died")]
    assert colours[0] != colours[1]
    page.uncheck("#apart")
    assert triggers(page)[4:6] == ["died", "planted"]
    expect(page.locator("#body tr.rule")).to_have_count(0)
    expect_place(page, "#apart=no")


def test_every_filter_counts_what_is_left(show: Open) -> None:
    page = show(PAGE)
    page.select_option("#label", label="Casualties (4)")
    expect_found(page, "4 of 11 rows: 3 actual incidents, killed in them at least 21")
    page.select_option("#state", label="outcome: killed (3)")
    expect_found(page, "3 of 11 rows: 2 actual incidents, killed in them at least 21")
    page.select_option("#flag", label="counts disagree (1)")
    expect_found(page, "1 of 11 rows: 1 actual incident, killed in them at least 18")
    expect_place(page, "#label=Casualties&state=outcome%0Akilled&flag=iscounts+disagree")
    page.click("#clear")
    expect_found(page, ALL)
    page.select_option("#country", label="Syria (4)")
    expect_found(page, "4 of 11 rows: 3 actual incidents, killed in them at least 18")
    page.select_option("#country", label="country not known (4)")
    page.select_option("#state", label="all others (4)")
    expect_found(page, "2 of 11 rows: 0 actual incidents")
    page.click("#clear")
    page.fill("#from", "2016-04-13")
    page.fill("#to", "2016-04-13")
    expect_found(page, "2 of 11 rows: 1 actual incident")  # the arrest, and the total until then
    page.click("#clear")
    page.fill("#words", "HOSPITAL")
    assert triggers(page) == ["toll"]
    page.fill("#words", "nowhere")
    expect_found(page, "0 of 11 rows: 0 actual incidents")
    expect(page.locator("#body tr")).to_have_count(0)


def test_the_address_brings_filters_and_order_back(show: Open) -> None:
    page = show(PAGE, "#label=Casualties&sort=-number&apart=no")
    assert triggers(page) == ["died", "wounding", "toll", "killing"]
    page = show(PAGE, "#words=rebels&from=xx&label=%3Cb%3E&place=99&sort=constructor&row=99")
    assert triggers(page) == ["planted", "meet"]
    page = show(PAGE, "#row=4")
    expect(page.locator("dialog[open] button.cell").first).to_contain_text("arrested")


def test_names_of_columns_sort_up_then_down_then_not(show: Open) -> None:
    page = show(PAGE, "#apart=no")
    head = page.locator("th[data-key=number]")
    head.locator("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert triggers(page)[:6] == ["arrested", "killing", "toll", "wounding", "died", "marched"]
    head.locator("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert triggers(page)[:3] == ["marched", "died", "wounding"]
    head.locator("button").click()
    assert triggers(page)[:2] == ["exploded", "killing"]
    page.locator("th[data-key=when] button").click()
    assert triggers(page)[:2] == ["signed", "died"]


def test_a_bar_of_the_timeline_chooses_its_days(show: Open) -> None:
    page = show(PAGE)
    expect(page.locator("#timeline-about")).to_have_text(
        "months; not drawn: 2 open or over several months, 4 without a date"
    )
    bars = page.locator("#timeline .bar")
    assert [bar.get_attribute("aria-label") for bar in bars.all()] == [
        "2016-04: 3 (Explosion 1, Arrest 1, Casualties 1)",
        "2022-05: 2 (Explosion 1, Casualties 1)",
    ]
    bars.last.click()
    expect_found(page, "2 of 11 rows: 2 actual incidents")
    expect_place(page, "#from=2022-05-01&to=2022-05-31")
    assert (
        page.locator("#timeline .bar").first.get_attribute("aria-label") == "2022-05-03: 2 (Explosion 1, Casualties 1)"
    )
    page.click("#clear")
    page.select_option("#unit", "year")
    expect(page.locator("#timeline-about")).to_have_text("years; not drawn: 4 without a date")
    page.locator("#timeline .bar").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect_place(page, "#from=2016-01-01&to=2016-12-31")
    page.locator("#legend .swatch", has_text="Arrest").click()
    assert triggers(page) == ["arrested"]
    expect(page.locator("#legend .swatch[aria-pressed=true]")).to_have_text("Arrest 1")


def test_places_are_chosen_on_the_map_and_beside_it(show: Open) -> None:
    page = show(PAGE)
    assert page.locator("#places li").all_inner_texts()[0].split() == ["Aleppo", "Syria", "2"]
    assert page.locator("#places li").all_inner_texts()[-1].split() == ["no", "place", "told", "4"]
    expect(page.locator("#map circle")).to_have_count(6)
    page.locator("#map circle", has=page.locator("title", has_text="Khartoum")).click()
    assert triggers(page) == ["marched"]
    expect(page.locator("#place")).to_have_text("Khartoum ✕")
    expect(page.locator("#map circle.picked")).to_have_count(1)
    page.click("#place")
    expect_found(page, ALL)
    page.locator("#places button", has_text="no place told").click()
    expect_found(page, "4 of 11 rows: 2 actual incidents, killed in them at least 21")


def test_the_map_is_moved_and_enlarged_by_buttons_and_keys(show: Open) -> None:
    page = show(PAGE)
    towns = page.locator("#map .towns")
    seen = [towns.get_attribute("transform")]
    for name in ("in", "out", "world", "fit"):
        page.click(f"[data-zoom={name}]")
        seen.append(towns.get_attribute("transform"))
    assert seen[0] == seen[4] and len(set(seen)) >= 3
    page.locator("#map").focus()
    page.keyboard.press("ArrowLeft")
    assert towns.get_attribute("transform") != seen[4]


def test_rows_without_points_and_dates_have_empty_charts(show: Open) -> None:
    page = show(page_of([replace(row, arguments={}, date=type(row.date)()) for row in ROWS]))
    expect(page.locator("#timeline text")).to_have_text("no dates to draw")
    expect(page.locator("#map circle")).to_have_count(0)
    expect(page.locator("#places li")).to_have_count(1)
    page = show(page_of([]))
    expect_found(page, "0 of 0 rows: 0 actual incidents")


def test_a_row_opens_the_words_that_prove_it(show: Open) -> None:
    page = show(PAGE)
    dialog = evidence(page, "killing")
    marked = dialog.locator("#evidence-text mark[data-items]:not(.context)").all_inner_texts()
    assert marked == [
        "Aleppoplace", "Tuesdaywhen", "killingCasualties", "at least 18how many", "peoplevictim", "Civil Defencesource", "21figure",
    ]  # fmt: skip
    cells = dialog.locator("#evidence-cells")
    expect(cells).to_contain_text("modality: actual · scope: incident · outcome: killed · sure 0.91")
    expect(cells.locator("section", has_text="place")).to_contain_text("rule: only, sure 0.90 · linked 0.93")
    expect(cells.locator("section", has=page.locator("h3", has_text="how many"))).to_have_text(
        "how manyat least 18rule: at least, sure 0.97“at least 18”"
    )
    assert cells.locator(".claim").all_inner_texts() == [
        "at least 18 says Civil Defence · 2016-04-13",
        "21 says hospital source · 2016-04-13",
    ]
    expect(cells.locator(".flag")).to_have_text("counts disagree")
    cells.locator("button.go", has_text="Explosion: exploded").click()
    expect(cells.locator("button.cell").first).to_contain_text("exploded")
    dialog.locator("mark.context", has_text="died").click()
    expect(cells.locator("button.cell").first).to_contain_text("died")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("#body tr.current")).to_contain_text("died")


def test_a_line_leads_from_the_words_to_their_cell(show: Open) -> None:
    for width in (1280, 375):
        page = show(PAGE, width=width)
        dialog = evidence(page, "arrested")
        cell = dialog.locator("button.cell", has_text="army")
        cell.focus()
        expect(dialog.locator("mark.here")).to_have_text("armyagent")
        expect(cell).to_have_class(re.compile("active"))
        away = page.evaluate("""() => {
            const path = document.querySelector(".line.active:not(.head)");
            const box = document.querySelector("#evidence-lines").getBoundingClientRect();
            const end = (length) => { const { x, y } = path.getPointAtLength(length); return [x + box.left, y + box.top]; };
            const near = ([x, y], one) => {
                const { left, right, top, bottom } = one.getBoundingClientRect();
                return Math.max(left - x, x - right, top - y, y - bottom, 0);
            };
            return [near(end(0), document.querySelector("mark.here")), near(end(path.getTotalLength()), document.querySelector("button.cell.active"))];
        }""")
        assert max(away) < 10


def test_the_article_is_shown_character_by_character(show: Open) -> None:
    page = show(PAGE)
    dialog = evidence(page, "shelled")
    text = dialog.locator(".article").evaluate(
        "(one) => { one.querySelectorAll('small').forEach((name) => name.remove()); return one.textContent; }"
    )
    assert text == TEXTS["emoji"]
    expect(dialog.locator("button.cell", has_text="onerror")).to_contain_text(HOSTILE)
    assert page.locator("img, dialog script").count() == 0


def test_words_are_shown_alone_where_the_text_is_missing_or_another_one(show: Open) -> None:
    page = show(rows_page(ROWS, {"talks": "🔥 " + TEXTS["talks"]}, ONTOLOGY))
    dialog = evidence(page, "arrested")
    expect(dialog.locator("#evidence-text")).to_have_text(re.compile("^The text of this article is not on this page"))
    expect(dialog.locator("button.cell.alone").first).to_contain_text("“arrested”")
    page.keyboard.press("Escape")
    dialog = evidence(page, "next week")
    expect(dialog.locator("#evidence-text mark")).to_have_count(0)
    expect(dialog.locator("button.cell").first).to_contain_text("(not in this text)")


def test_keys_walk_through_rows_and_open_them(show: Open) -> None:
    page = show(PAGE)
    page.keyboard.press("j")
    expect(page.locator("#body tr.current")).to_contain_text("exploded")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#body tr:focus")).to_contain_text("killing")
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open] button.cell").first).to_contain_text("killing")
    expect_place(page, "#row=2")
    page.keyboard.press("j")
    expect(page.locator("dialog[open] button.cell").first).to_contain_text("toll")
    page.keyboard.press("Escape")
    expect(page.locator("#body tr:focus")).to_contain_text("toll")
    page.focus("#words")
    page.keyboard.type("jk")
    expect(page.locator("#words")).to_have_value("jk")


def test_a_row_is_copied_as_its_json(show: Open) -> None:
    page = show(PAGE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    evidence(page, "shelled")
    page.click("#copy")
    expect(page.locator("#copied")).to_have_text("copied")
    assert json.loads(page.evaluate("navigator.clipboard.readText()")) == ROWS[8].as_dict()


def test_5000_rows_are_paged_filtered_sorted_and_opened(show: Open, many: str) -> None:
    page = show(many)
    expect(page.locator("#found")).to_have_text(
        re.compile(r"^5,000 of 5,000 rows: 3,750 actual incidents, killed in them at least")
    )
    expect(page.locator("#body tr[data-n]")).to_have_count(100)
    expect(page.locator("#at")).to_have_text("1–100 of 5,000")
    page.click("#on")
    expect(page.locator("#at")).to_have_text("101–200 of 5,000")
    page.fill("#words", "made-0999")
    expect(page.locator("#found")).to_have_text(re.compile("^5 of 5,000 rows"))
    expect(page.locator("#pages")).to_be_hidden()
    page.fill("#words", "")
    page.locator("th[data-key=sure] button").click()
    assert set(page.locator("#body td:last-child").all_inner_texts()) == {"0.50", "0.51"}
    dialog = evidence(page, "0.50")
    expect(dialog.locator("mark[data-items]:not(.context)")).to_have_count(5)


def test_the_last_row_of_a_page_leads_to_the_next_page(show: Open, many: str) -> None:
    page = show(many, "#apart=no")
    page.locator("#body tr[data-n]").last.locator("td").first.click()
    page.keyboard.press("j")
    expect(page.locator("#at")).to_have_text("101–200 of 5,000")
    expect_place(page, "#row=101")


@pytest.mark.parametrize(("width", "dark"), [(375, True), (375, False), (900, False), (1500, True)])
def test_no_page_of_rows_scrolls_sideways(show: Open, width: int, dark: bool) -> None:
    long = replace(ROWS[0], article="a" * 300, sources=("x" * 300,), flags=("y" * 300,), title="z" * 300)
    page = show(page_of([long, *ROWS]), width=width, dark=dark)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    dialog = evidence(page, "killing")
    assert page.evaluate(
        "[...document.querySelectorAll('dialog, #evidence-text, #evidence-cells')].every((one) => one.scrollWidth <= one.clientWidth + 2)"
    )
    expect(dialog.locator("button.cell").first).to_be_in_viewport()


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize(
    "part", ["#found", "#body tr.apart td", "#body td .chip", ".entry", ".swatch", "#places .soft", ".flag"]
)
def test_text_stands_out_from_its_ground(show: Open, part: str, dark: bool) -> None:
    """By the contrast of WCAG 2.1: at least 4.5 to 1."""
    page = show(PAGE, dark=dark)
    contrast = page.locator(part).first.evaluate("""(one) => {
        const light = (colour) => {
            const channel = (n) => (n /= 255) <= 0.03928 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4;
            const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(channel);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const paper = getComputedStyle(document.body).backgroundColor;
        const [low, high] = [light(getComputedStyle(one).color), light(paper)].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    }""")
    assert contrast >= 4.5


def test_without_scripts_the_figures_are_there_and_the_rest_says_why_not(show: Open) -> None:
    page = show(PAGE, script=False)
    expect(page.locator(".figures")).to_contain_text("actual incidents")
    expect(page.locator("noscript p")).to_contain_text("need JavaScript")
    expect(page.locator("#filter")).to_be_hidden()
