from eventcorpus.ontology import label_colours
from eventcorpus.render.html import Mark, highlight

COLOURS = {"A": "#111111", "B": "#222222"}


def test_overlapping_marks_lose_no_text() -> None:
    html = str(highlight("abcdef", [Mark(0, 4, "A"), Mark(2, 6, "B")], COLOURS))
    plain = html
    for start, end in (("<mark", ">"), ("<small", "</small>")):
        while start in plain:
            i = plain.index(start)
            plain = plain[:i] + plain[plain.index(end, i) + len(end) :]
    assert plain.replace("</mark>", "") == "abcdef"


def test_the_shorter_of_two_nested_marks_is_drawn_on_top() -> None:
    html = str(highlight("army of homs", [Mark(0, 12, "A"), Mark(8, 12, "B")], COLOURS))
    assert 'style="--c:#111111" title="A">army of ' in html
    assert 'style="--c:#222222" title="A, B">homs<small>A</small><small>B</small>' in html


def test_labels_from_data_are_escaped() -> None:
    assert "<i>" not in str(highlight("x", [Mark(0, 1, '"><i>', hint="<b>")], {}))


def test_every_label_has_a_colour_of_its_own() -> None:
    colours = label_colours([f"L{i}" for i in range(20)])
    assert len(set(colours.values())) == 20
