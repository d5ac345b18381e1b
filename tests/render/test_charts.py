import re
import xml.etree.ElementTree as ET

from eventcorpus.agreement.agree import Figure
from eventcorpus.corpus.stats import Bar
from eventcorpus.eval.report import Bin, CurvePoint, Interval
from eventcorpus.render.charts import (
    BarRow,
    Row,
    bar_cell,
    bar_chart,
    curve_chart,
    difference_cell,
    histogram,
    interval_chart,
    reliability_chart,
    thinned,
)

SERIES = (("F1", "var(--f)"), ("alpha", "var(--p)"))


def figure(value: float | None, low: float | None = None, high: float | None = None) -> Figure:
    return Figure(value=value, low=low, high=high)


def chart(*figures: Figure, name: str = "Actor") -> str:
    return str(interval_chart([Row(name, "3 / 4", figures)], SERIES, description="figures"))


def test_a_bar_has_its_value_and_a_whisker() -> None:
    drawn = chart(figure(0.5, 0.25, 0.75), figure(1.0))
    assert drawn.count('class="whisker"') == 1
    assert re.findall(r">(\d+\.\d)<", drawn) == ["50.0", "100.0"]
    assert 'width="240.0"' in drawn and 'width="480.0"' in drawn
    assert 'd="M290.0 38H530.0' in drawn  # 170 + 480 / 4 to 170 + 480 * 3 / 4


def test_an_undefined_figure_has_no_bar_and_one_below_chance_has_none_to_speak_of() -> None:
    assert "–" not in chart(figure(None), figure(None)) and chart(figure(None), figure(None)).count("opacity") == 0
    assert 'width="1"' in chart(figure(-0.2, -0.4, 0.0), figure(None)) and ">-20.0<" in chart(
        figure(-0.2), figure(None)
    )


def test_names_are_escaped_and_cut_and_the_picture_is_well_formed() -> None:
    drawn = chart(figure(0.1), figure(0.2), name="<b>&" + "x" * 40)
    assert "<b>" not in drawn and "…" in drawn
    assert ET.fromstring(drawn).tag == "svg"


def point(threshold: float, precision: float, recall: float) -> CurvePoint:
    return CurvePoint(threshold=threshold, precision=precision, recall=recall, coverage=recall)


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


def test_charts_name_every_bar() -> None:
    chart = str(bar_chart([BarRow("a<b", 3, "in 2"), BarRow("c", 0)], title="t"))
    assert "a&lt;b" in chart and chart.count("<rect") == 2 and 'aria-label="t"' in chart
    assert (
        str(
            histogram([Bar(start=0, end=5, articles=2), Bar(start=5, end=10, articles=0)], title="t", unit="words")
        ).count("<rect")
        == 2
    )
    assert "<rect" not in str(histogram([], title="t", unit="words"))
