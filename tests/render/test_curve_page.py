"""The table, the picture and the page of a learning curve."""

import io
import xml.etree.ElementTree as ET

import pytest
from rich.console import Console

from eventcorpus.render.curve import curve_lines, curve_page, curve_svg, curve_table
from learning_curves import LAW, report_of

SVG = "{http://www.w3.org/2000/svg}"


def shown(*tables: object) -> list[str]:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(*tables)
    return [" ".join(line.split()) for line in console.export_text().splitlines()]


def test_the_table_has_every_size_and_what_twice_the_articles_would_give() -> None:
    lines = shown(curve_table(report_of(LAW)))
    assert lines[0] == "exact F1 on validation by articles of train, mean over seeds 13, %"
    assert "│ micro │ 1,000 │ 50.0 │ 70.0 │ 80.0 │ 85.0 │ 86.5 │ 86.5–86.5 │ +1.5 │ 1.5–1.5 │" in lines


def test_the_lines_say_the_answer_and_what_became_of_the_forecast() -> None:
    assert list(curve_lines(report_of({**LAW, 6400: 87}))) == [
        "no gain: by the curve even 10 times the 6,400 articles do not give 2 points of micro F1; twice the articles give 0.7 points (95%: 0.7 to 0.7)",
        "checked: the first 3 sizes (up to 400 articles) forecast 87.5 [87.5, 87.5] at 6,400; measured 87.0 [87.0, 87.0], "
        "NOT as forecast: do not trust the curve beyond its sizes",
        "checked by label: 0 of 1 as forecast",
    ]


def test_the_picture_has_a_dot_a_size_and_a_ring_a_training() -> None:
    root = ET.fromstring(curve_svg(report_of({25: (49, 51), 100: (70, 70), 400: (79, 81), 1600: (85, 86)})))
    classes = [circle.get("class") for circle in root.iter(f"{SVG}circle")]
    assert (classes.count("dot micro"), classes.count("ring micro"), classes.count("dot forecast")) == (4, 8, 1)
    assert [title.text for title in root.iter(f"{SVG}title")][-1] == "1,600 articles: 85.5 [85.0, 86.0]"


def test_with_too_few_sizes_the_points_are_drawn_without_a_law() -> None:
    root = ET.fromstring(curve_svg(report_of({25: 50, 100: 70})))
    assert [line.get("class") for line in root.iter(f"{SVG}polyline")] == []
    assert len([c for c in root.iter(f"{SVG}circle") if c.get("class") == "dot micro"]) == 2


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_what_people_named_is_text_on_the_page(hostile: str) -> None:
    page = curve_page(report_of(LAW, name=hostile, command=f"eventcorpus curve {hostile}"))
    assert hostile not in page and "<script" not in page and "<img" not in page
    assert page.count("alert(1)") == 3  # title, heading, command
    assert "default-src 'none'" in page


def test_the_page_has_a_row_and_a_picture_for_each_label() -> None:
    page = curve_page(report_of(LAW))
    assert page.count('<bdi title="Place">') == 1
    assert page.count('class="small"') == 1
    assert (
        '<p class="answer">About 2,844 more articles (95%: 2,844 to 2,844) for 2 points of micro F1, most for Place.</p>'
        in page
    )
