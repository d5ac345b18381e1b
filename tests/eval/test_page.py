import re

from test_score import ONTOLOGY, gold, predicted, run

from eventcorpus.eval.evaluate import score
from eventcorpus.eval.report import CurvePoint, Report
from eventcorpus.render.evaluation import at_thresholds, eval_page

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
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")  # a name, not a place
    assert "default-src 'none'" in page and "script-src 'sha256-" in page


def test_the_page_of_a_bare_report_has_no_empty_sections() -> None:
    article = gold("rebels left homs", (0, 6, "Actor"))
    page = eval_page(run([article], [predicted(article, (0, 6, "Actor"))]), [article], [], ONTOLOGY)
    assert set(re.findall(r'<h2 id="(\w+)"', page)) <= {"labels", "confusion", "errors", "whole-title"}


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
