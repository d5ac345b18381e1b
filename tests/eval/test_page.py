import re

from test_scores import ONTOLOGY, gold, predicted, run

from eventcorpus.eval.evaluate import score
from eventcorpus.eval.report import Bin, CurvePoint, Interval, Report
from eventcorpus.render.charts import bar_cell, curve_chart, difference_cell, reliability_chart, thinned
from eventcorpus.render.eval_page import at_thresholds, eval_page

HOSTILE = "<script>alert(1)</script> rebels \u202eevil\u202c 🔥 حلب " + "x" * 3000


def point(threshold: float, precision: float, recall: float) -> CurvePoint:
    return CurvePoint(threshold=threshold, precision=precision, recall=recall, coverage=recall)


def test_the_page_escapes_hostile_text_and_needs_no_network() -> None:
    article = gold(HOSTILE, (26, 32, "Actor"))
    page = eval_page(
        run([article], [predicted(article, (26, 32, "<b>"))]),
        [article],
        [predicted(article, (26, 32, "<b>"))],
        ONTOLOGY,
    )
    assert "<script>alert" not in page and "<b>&lt;b&gt;" not in page and "<b></b>" not in page
    assert page.count("<script") == 2 and page.count("</script>") == 2  # the data and ours
    assert "http" not in page.replace("http-equiv", "")
    assert "default-src 'none'" in page and "script-src 'sha256-" in page


def test_the_page_of_a_bare_report_has_no_empty_sections() -> None:
    article = gold("rebels left homs", (0, 6, "Actor"))
    page = eval_page(run([article], [predicted(article, (0, 6, "Actor"))]), [article], [], ONTOLOGY)
    assert set(re.findall(r'<h2 id="(\w+)"', page)) <= {"labels", "confusion", "errors", "whole-title"}


def test_a_bar_cell_has_a_bar_a_whisker_and_a_mark_only_where_they_are_known() -> None:
    full = str(bar_cell(0.5, Interval(low=0.25, high=0.75), 0.9))
    assert 'width="50.0"' in full and "M25.0 8H75.0" in full and "M90.0 0V16" in full
    assert "<rect" not in bar_cell(None) and "whisker" not in bar_cell(None) and "mark" not in bar_cell(None)
    assert 'width="0.0"' in bar_cell(0.0)


def test_a_difference_goes_left_or_right_of_the_middle() -> None:
    assert 'class="up" x="50.0" y="3" width="25.0"' in difference_cell(0.05, None, 0.1)
    assert 'class="down" x="25.0" y="3" width="25.0"' in difference_cell(-0.05, None, 0.1)
    assert "M0.0 8H100.0" in difference_cell(0.0, Interval(low=-0.3, high=0.3), 0.1)
    assert "<rect" not in difference_cell(None, None, 0.1)


def test_curves_are_drawn_where_precision_and_recall_lie() -> None:
    drawn = str(curve_chart({"micro": [point(0.1, 0.5, 1.0), point(0.9, 1.0, 0.0)], 'A"<b>': [point(0.5, 0.0, 0.0)]}))
    assert 'class="curve bold" data-label="micro" points="344.0,160.0 44.0,10.0"' in drawn
    assert "A&#34;&lt;b&gt;" in drawn and "<b>" not in drawn


def test_a_bin_is_a_dot_unless_it_is_empty() -> None:
    bins = [
        Bin(low=0.0, high=0.5, n=0, confidence=None, correct=None),
        Bin(low=0.5, high=1.0, n=4, confidence=0.75, correct=0.5),
    ]
    drawn = str(reliability_chart(bins))
    assert drawn.count("<circle") == 1 and 'cx="269.0" cy="160.0"' in drawn
    assert "4 predictions of confidence 0.50 to 1.00: 50.0% right, 75.0% said" in drawn


def test_a_long_line_keeps_its_ends() -> None:
    line = [(i / 1000, 0.5) for i in range(1001)]
    few = thinned(line)
    assert (few[0], few[-1]) == (line[0], line[-1]) and len(few) < 300 and thinned([]) == []


def test_what_is_kept_is_told_at_round_thresholds() -> None:
    found = at_thresholds([point(0.2, 0.5, 1.0), point(0.65, 0.6, 0.7), point(0.92, 0.9, 0.1)])
    assert [(p.threshold, p.precision) for p in found] == [
        (0.0, 0.5),
        (0.5, 0.6),
        (0.6, 0.6),
        (0.7, 0.9),
        (0.8, 0.9),
        (0.9, 0.9),
    ]


def test_classes_that_hold_everything_leave_no_gap() -> None:
    article = gold("rebels left homs", (0, 6, "Actor"))
    report = Report.model_validate_json(
        score([article], [predicted(article)], ONTOLOGY, name="d", split="test").model_dump_json(by_alias=True)
    )
    assert 'data-value=""' in eval_page(report, [article], [predicted(article)], ONTOLOGY)  # Place and Time: undefined
