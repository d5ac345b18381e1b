"""The event row: what is written is read back, and what does not fit is refused by its name."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from eventcorpus.errors import InputError, OntologyError
from eventcorpus.events.rows import Argument, Claim, CountCell, DateCell, Row, Words, read_rows, row_id
from eventcorpus.ontology import ROW_KEYS, parse_ontology, role_name

KILLED = Words(start=10, end=16, text="killed")
ROW = Row(
    article="a1", id="a1#0", label="Casualties", triggers=(KILLED,),
    attributes={"modality": "actual", "confidence": "low"},
    arguments={
        "place": (Argument(Words(start=20, end=24, text="Homs"), 0.9, {"id": "geonames:169577", "precision": 1}),),
        "time": (),
    },
    date=DateCell(start=dt.date(2018, 4, 24), end=dt.date(2018, 4, 24), precision=1, evidence=(KILLED,)),
    count=CountCell(low=3, best=3), cause=("a1#1",), sources=("Observatory",),
    claims=(Claim(low=3, best=3, sources=("Observatory",), published="2018-04-24"),), confidence=0.75,
    flags=("far: place",), published="2018-04-24", outlet="Wire",
)  # fmt: skip


def test_a_row_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(ROW.line() + "\n")
    (read,) = read_rows(path)
    assert read.as_dict() == ROW.as_dict() | {"confidence (attribute)": "low"}
    assert read.arguments == ROW.arguments
    assert (read.date, read.count, read.claims) == (ROW.date, ROW.count, ROW.claims)


def test_a_row_has_the_fixed_keys_in_their_order_and_says_what_is_not_known() -> None:
    data = json.loads(ROW.line())
    assert list(data) == [
        "article", "id", "label", "triggers", "modality", "confidence (attribute)", "place", "time", "date", "count",
        "cause", "sources", "claims", "confidence", "flags", "published", "outlet",
    ]  # fmt: skip
    assert data["place"] == [
        {"start": 20, "end": 24, "text": "Homs", "confidence": 0.9, "id": "geonames:169577", "precision": 1}
    ]
    assert data["count"] == {"low": 3, "best": 3, "high": None, "evidence": []}
    assert data["date"]["start"] == data["date"]["end"] == "2018-04-24"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"confidence": 1.5}, "line 1: confidence is 1.5, it must lie between 0 and 1"),
        ({"date": {"start": "2018-05-01", "end": "2018-04-01"}}, "the start 2018-05-01 is after the end 2018-04-01"),
        ({"date": {"start": "May"}}, "line 1: date.start is 'May', it must fit: Input should be a valid date"),
        ({"triggers": []}, "line 1: triggers is [], it must not be empty"),
        ({"place": [{"start": 1, "text": "Homs"}]}, "line 1: place: end is missing"),
        ({"place": [{"start": 0, "end": 1, "text": "x", "confidence": "high"}]}, "the confidence 'high' is not in"),
        ({"notes": 7}, "line 1: 'notes' is '7'; beside the fixed keys stand the values of attributes"),
        ({"count": {"best": -1}}, "line 1: count.best is -1, it must be at least 0"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line_and_key(tmp_path: Path, change: object, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(ROW.as_dict() | change) + "\n")  # type: ignore[operator]
    with pytest.raises(InputError) as caught:
        list(read_rows(path))
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_row_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{ROW.line()}\n{ROW.line()}\n")
    with pytest.raises(InputError, match="line 2: the row 'a1#0' stands twice in 'a1'"):
        list(read_rows(path))


def test_the_id_of_a_row_depends_on_its_content_alone() -> None:
    name = row_id("a1", "0" * 64, "Casualties", [KILLED])
    assert name == row_id("a1", "0" * 64, "Casualties", [KILLED])
    assert name.startswith("a1#") and len(name) == len("a1#") + 10
    others = [
        row_id("a1", "1" * 64, "Casualties", [KILLED]),
        row_id("a1", "0" * 64, "Battle", [KILLED]),
        row_id("a1", "0" * 64, "Casualties", [KILLED, Words(start=0, end=2, text="It")]),
    ]
    assert len({name, *others}) == 4


@pytest.mark.parametrize("name", sorted(ROW_KEYS - {"count", "cause"}))
def test_a_role_named_like_a_column_of_every_row_is_refused_when_the_ontology_is_read(name: str) -> None:
    data = {"name": "x", "version": "1.0.0", "triggers": [{"name": "T"}], "roles": [{"name": name}]}
    with pytest.raises(OntologyError, match=f"the name '{name}' is a column of every event row"):
        parse_ontology(data, place="here")
    assert role_name(name, ()) == f"{name} (role)"


def test_the_roles_of_counts_and_causes_are_columns_themselves() -> None:
    roles = [{"name": "count"}, {"name": "cause"}]
    parse_ontology({"name": "x", "version": "1.0.0", "triggers": [{"name": "T"}], "roles": roles}, place="here")
    with pytest.raises(OntologyError, match="'count' is a column"):
        parse_ontology(
            {
                "name": "x",
                "version": "1.0.0",
                "triggers": [{"name": "T"}],
                "roles": roles,
                "rows": {"count": "how many"},
            },
            place="here",
        )


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("")
    assert list(read_rows(path)) == []
    with pytest.raises(InputError, match="no such file"):
        list(read_rows(tmp_path / "other.jsonl"))
