"""What doccano, Prodigy and spaCy have in common: every item is counted once, and every span stands in its text."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventcorpus.annotation.assemble import assemble
from eventcorpus.annotation.document import Found, Mark
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.errors import InputError
from eventcorpus.files import read_json_values
from eventcorpus.formats.doccano import read_doccano
from eventcorpus.formats.prodigy import read_prodigy
from eventcorpus.formats.spacy import read_spacy
from eventcorpus.formats.spans_in_json import in_code_points

TEXTS = st.text(st.sampled_from("ab c.é🔥\n\r北"), min_size=1, max_size=12).filter(str.strip)
OFFSETS = st.one_of(st.integers(-2, 14), st.sampled_from(["1", None, 2.5, True]))
LABELS = st.sampled_from(["A", "B", "", None, 3])
SPANS = st.lists(st.tuples(OFFSETS, OFFSETS, LABELS), max_size=5)


def doccano(text: str, spans: list[Any]) -> Any:
    return {"text": text, "label": spans}


def doccano_entities(text: str, spans: list[Any]) -> Any:
    entities = [{"id": n, "start_offset": s, "end_offset": e, "label": x} for n, (s, e, x) in enumerate(spans)]
    relations = [{"id": n, "from_id": n, "to_id": n + 1, "type": "of"} for n in range(len(spans))]
    return {"text": text, "entities": entities, "relations": relations}


def prodigy(text: str, spans: list[Any]) -> Any:
    return {"text": text, "spans": [{"start": s, "end": e, "label": x} for s, e, x in spans], "answer": "accept"}


def spacy(text: str, spans: list[Any]) -> Any:
    return [text, {"entities": spans}]


FRONTS: list[tuple[Callable[[list[Path]], Found], Callable[[str, list[Any]], Any]]] = [
    (read_doccano, doccano), (read_doccano, doccano_entities), (read_prodigy, prodigy), (read_spacy, spacy),
]  # fmt: skip


@pytest.mark.parametrize(("read", "row"), FRONTS, ids=["doccano", "doccano-entities", "prodigy", "spacy"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(TEXTS, SPANS), min_size=1, max_size=4, unique_by=lambda pair: pair[0]))
def test_every_span_is_kept_repaired_or_refused(
    tmp_path: Path, read: Any, row: Any, rows: list[tuple[str, list[Any]]]
) -> None:
    path = tmp_path / "x.jsonl"
    written = [row(text, spans) for text, spans in rows] + [row("Homs fell.", [(0, 4, "A")])]
    path.write_text("".join(json.dumps(item) + "\n" for item in written))
    report = ConversionReport(refuses=True)
    articles = [annotated for _, annotated in assemble(read([path]), None, report).articles]
    n_in = sum(len(spans) for _, spans in rows) + 1
    counts = report.counts("spans")
    assert counts["in"] == n_in == counts["kept"] + counts["repaired"] + counts["refused"]
    assert counts["out"] == sum(len(annotated.spans) for annotated in articles)
    assert report.counts("articles")["in"] == len(rows) + 1
    for annotated in articles:
        for span in annotated.spans:
            words = annotated.article.text[span.start : span.end]
            assert words and words == words.strip()


@pytest.mark.parametrize(
    ("content", "places"),
    [
        ('{"a": 1}\n\n{"a": 2}\n', ["line 1", "line 3"]),
        ('["t", {}]\n["u", {}]', ["line 1", "line 2"]),
        ('[["t", {}]]', ["item 1"]),
        ('[\n ["t", {}],\n ["u", {}]\n]', ["item 1", "item 2"]),
        ('{\n "a": 1\n}', ["item 1"]),
        ("\ufeff[{}]", ["item 1"]),
        ('{"a": 1}\r\n{"a": 2}\r\n', ["line 1", "line 2"]),
    ],
)
def test_values_are_told_by_the_first_line(tmp_path: Path, content: str, places: list[str]) -> None:
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf-8", newline="")
    assert [place for place, _ in read_json_values(path)] == places


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": 1}\n{"a": \n', r"x\.json: line 2 is not valid JSON \(Expecting value at column \d+\)"),
        ('{"a": 1}\n' + "[" * 100_000, "line 2"),
        ('{"a": 1}\n{"a": ' + "9" * 5000 + "}", "line 2: JSON nested too deeply, or with a number that is too long"),
        ("[" * 100_000, "nested too deeply"),
        ("[" + "9" * 5000 + "]", "a number that is too long|not valid JSON"),
    ],
)
def test_what_is_no_json_is_one_line(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(InputError, match=message):
        list(read_json_values(tmp_path / "x.json"))


def test_offsets_stay_where_most_of_them_fit_as_they_are() -> None:
    text = "🔥 Homs and Darna fell"

    def read(*places: tuple[int, int]) -> list[Any]:
        marks = in_code_points(text, [Mark("", "P", (place,)) for place in places] + [Mark("", "P", ())])
        return [(mark.pieces, mark.repair) for mark in marks]

    assert read((2, 6), (11, 16)) == [(((2, 6),), None), (((11, 16),), None), ((), None)]
    repair = "offsets were UTF-16 units"
    assert read((3, 7), (12, 17)) == [(((2, 6),), repair), (((11, 16),), repair), ((), None)]
