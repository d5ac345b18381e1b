import re
import xml.etree.ElementTree as ET

from eventcorpus.render.charts import Bar, Row, interval_chart

SERIES = (("F1", "var(--f)"), ("alpha", "var(--p)"))


def chart(*bars: Bar, name: str = "Actor") -> str:
    return str(interval_chart([Row(name, "3 / 4", bars)], SERIES, description="figures"))


def test_a_bar_has_its_value_and_a_whisker() -> None:
    drawn = chart(Bar(0.5, 0.25, 0.75), Bar(1.0))
    assert drawn.count('class="whisker"') == 1
    assert re.findall(r">(\d+\.\d)<", drawn) == ["50.0", "100.0"]
    assert 'width="240"' in drawn and 'width="480"' in drawn
    assert 'd="M290 38.0H530' in drawn  # 170 + 480 / 4 to 170 + 480 * 3 / 4


def test_an_undefined_figure_has_no_bar_and_one_below_chance_has_none_to_speak_of() -> None:
    assert "–" not in chart(Bar(None), Bar(None)) and chart(Bar(None), Bar(None)).count("opacity") == 0
    assert 'width="1"' in chart(Bar(-0.2, -0.4, 0.0), Bar(None)) and ">-20.0<" in chart(Bar(-0.2), Bar(None))


def test_names_are_escaped_and_cut_and_the_picture_is_well_formed() -> None:
    drawn = chart(Bar(0.1), Bar(0.2), name="<b>&" + "x" * 40)
    assert "<b>" not in drawn and "…" in drawn
    assert ET.fromstring(drawn).tag == "svg"
