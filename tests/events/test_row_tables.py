"""Files of event rows, read again with pandas, pyarrow and json."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from eventcorpus.errors import InputError, OutputError
from eventcorpus.events.row_tables import (
    KINDS,
    SUFFIXES,
    Kind,
    Written,
    check_suffix,
    flat_columns,
    flat_roles,
    flat_row,
    to_pandas,
    write_rows,
)
from eventcorpus.events.rows import CountCell, Row, Words, read_rows
from eventcorpus.table_files import safe_cell
from invented_rows import CLASHES, CLASHES_DEAD, ONTOLOGY, RAID, RAID_DEAD, ROWS, TOTAL, argument, row

ROLES = flat_roles(ONTOLOGY)
ATTRIBUTES = ("modality", "scope", "outcome")
HOSTILE = row(
    "a1#evil",
    "Protest",
    "=1+1",
    outlet="\ud800\x00＝HYPERLINK(1)",
    title="\t@SUM(A1)",
    arguments={"agent": (argument("=cmd|' /C calc'!A0", name="=cmd|' /C calc'!A0", inter=6),)},
)
FILES = [(kind, suffix) for kind, suffixes in SUFFIXES.items() for suffix in suffixes]


def written(path: Path, rows: Sequence[Row] = ROWS, kind: Kind = "rows") -> Written:
    return write_rows(rows, path, kind=kind, ontology=ONTOLOGY)


def cells(path: Path) -> list[dict[str, str]]:
    """The lines of a CSV file as text, as pandas reads it."""
    records: list[dict[str, str]] = pandas.read_csv(path, dtype=str, keep_default_na=False).to_dict("records")
    return records


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_flat_row_has_one_value_in_a_cell() -> None:
    assert flat_row(RAID, ROLES, ATTRIBUTES) == {
        "article": "a1",
        "id": "a1#raid",
        "label": "Explosion",
        "trigger": "bombed",
        "modality": "actual",
        "scope": "incident",
        "outcome": None,
        "agent": "Army",
        "agent_normalised": "Military Forces of Qasira",
        "target": None,
        "target_normalised": None,
        "victim": None,
        "victim_normalised": None,
        "place": "market; Khan Rimal",
        "place_normalised": "Khan Rimal",
        "origin": None,
        "origin_normalised": None,
        "time": "Tuesday",
        "time_normalised": "2018-04-17",
        "instrument": "jets",
        "instrument_normalised": None,
        "source": None,
        "source_normalised": None,
        "date_start": "2018-04-17",
        "date_end": "2018-04-17",
        "date_precision": 1,
        "count_low": None,
        "count_best": None,
        "count_high": None,
        "count_unit": None,
        "place_id": "corpus:Khan Rimal",
        "place_name": "Khan Rimal",
        "country": "Qasira",
        "latitude": -27.6,
        "longitude": -31.95,
        "place_precision": 1,
        "cause": None,
        "sources": None,
        "confidence": 1.0,
        "flags": None,
        "published": "2018-04-18",
        "outlet": "Qasira Wire",
        "title": "Air raid on Khan Rimal",
        "url": None,
        "metadata": None,
    }


def test_the_columns_are_those_of_every_row() -> None:
    for each in (*ROWS, HOSTILE):
        assert list(flat_row(each, ROLES, ATTRIBUTES)) == list(flat_columns(ROLES, ATTRIBUTES))


def test_a_flat_row_has_counts_causes_sources_and_flags() -> None:
    line = flat_row(RAID_DEAD, ROLES, ATTRIBUTES)
    assert [line[name] for name in ("count_low", "count_best", "count_high", "count_unit", "cause", "sources")] == [
        8, 8, None, "people", "a1#raid", "Observatory",
    ]  # fmt: skip
    assert flat_row(CLASHES_DEAD, ROLES, ATTRIBUTES)["flags"] == "counts disagree"
    assert flat_row(CLASHES, ROLES, ATTRIBUTES)["agent"] == "soldiers; Hamsin Front"


def test_roles_and_attributes_that_are_called_like_a_column_stand_beside_it() -> None:
    own = Row(
        "a1", "x", "Attack", (Words(start=0, end=1, text="A"),), {"trigger": "yes"}, {"country": (argument("Army"),)}
    )
    line = flat_row(own, ["country"], ["trigger"])
    assert list(line) == list(flat_columns(["country"], ["trigger"]))
    assert (line["trigger"], line["trigger (attribute)"], line["country"], line["country (role)"]) == (
        "A", "yes", None, "Army",
    )  # fmt: skip


def test_times_are_days_of_iso_8601() -> None:
    whole = {"date_start": "2018-04-09", "date_end": "2018-04-15"}
    times = (argument("last week", **whole), argument("until Tuesday", date_end="2018-04-17"), argument("at dawn"))
    line = flat_row(replace(RAID, arguments={"time": times}), ["time"], [])
    assert line["time_normalised"] == "2018-04-09/2018-04-15; ../2018-04-17"


def test_json_lines_are_the_rows_themselves(tmp_path: Path) -> None:
    assert written(tmp_path / "rows.jsonl") == Written(6)
    assert list(read_rows(tmp_path / "rows.jsonl")) == ROWS


def test_csv_has_empty_cells_where_nothing_is_known_and_numbers_as_they_are(tmp_path: Path) -> None:
    assert written(tmp_path / "rows.csv") == Written(6)
    first, second, *_ = cells(tmp_path / "rows.csv")
    assert (first["latitude"], first["count_best"], second["count_best"], second["count_high"]) == (
        "-27.6",
        "",
        "8",
        "",
    )
    assert len(cells(tmp_path / "rows.csv")) == 6


def test_pandas_reads_parquet_with_types(tmp_path: Path) -> None:
    assert written(tmp_path / "rows.parquet") == Written(6)
    schema = parquet.read_schema(tmp_path / "rows.parquet")
    assert {name: str(schema.field(name).type) for name in ("url", "latitude", "count_best")} == {
        "url": "string", "latitude": "double", "count_best": "int64",
    }  # fmt: skip
    table = pandas.read_parquet(tmp_path / "rows.parquet")
    assert table["count_best"].dropna().tolist() == [8, 5, 52]
    assert table["place_id"].dropna().tolist() == ["corpus:Khan Rimal", "corpus:Rimal"]


def test_geojson_has_points_where_there_are_coordinates(tmp_path: Path) -> None:
    assert written(tmp_path / "rows.geojson", kind="geojson") == Written(6)
    collection = json.loads((tmp_path / "rows.geojson").read_text(encoding="utf-8"))
    assert (collection["type"], len(collection["features"])) == ("FeatureCollection", 6)
    first, second, *_ = collection["features"]
    assert (first["type"], first["id"]) == ("Feature", "a1#raid")
    assert first["geometry"] == {"type": "Point", "coordinates": [-31.95, -27.6]}
    assert first["properties"]["agent_normalised"] == "Military Forces of Qasira"
    assert second["geometry"] is None


def test_acled_and_ucdp_are_written_and_what_is_left_out_is_counted(tmp_path: Path) -> None:
    left_out = {"scope: aggregate": 1, "modality: planned": 1}
    assert written(tmp_path / "acled.csv", kind="acled") == Written(2, left_out)
    assert written(tmp_path / "ucdp.csv", kind="ucdp") == Written(2, left_out)
    assert [line["fatalities"] for line in cells(tmp_path / "acled.csv")] == ["8", "3"]
    assert [line["best"] for line in cells(tmp_path / "ucdp.csv")] == ["8", "5"]
    assert json.loads(cells(tmp_path / "acled.csv")[0]["rules"])["fatalities"] == "at least"


@pytest.mark.parametrize("kind", ["acled", "ucdp"])
def test_all_forms_of_a_table_have_the_same_lines(kind: Kind, tmp_path: Path) -> None:
    for suffix in SUFFIXES[kind]:
        written(tmp_path / f"out{suffix}", kind=kind)
    from_json = lines(tmp_path / "out.jsonl")
    assert parquet.read_table(tmp_path / "out.parquet").to_pylist() == from_json
    as_text = [{name: "" if v is None else str(v) for name, v in line.items()} for line in from_json]
    assert cells(tmp_path / "out.csv") == as_text


@pytest.mark.parametrize(("kind", "suffix"), FILES)
def test_no_rows_give_a_file_that_can_be_read(kind: Kind, suffix: str, tmp_path: Path) -> None:
    assert written(tmp_path / f"out{suffix}", [], kind) == Written(0)
    if suffix == ".csv":
        assert cells(tmp_path / "out.csv") == []
    if suffix == ".geojson":
        assert json.loads((tmp_path / "out.geojson").read_text()) == {"type": "FeatureCollection", "features": []}


@pytest.mark.parametrize(("kind", "suffix"), FILES)
def test_hostile_names_are_written_everywhere(kind: Kind, suffix: str, tmp_path: Path) -> None:
    written(tmp_path / f"out{suffix}", [HOSTILE, replace(RAID, outlet=HOSTILE.outlet)], kind)
    content = (tmp_path / f"out{suffix}").read_bytes()
    if suffix != ".parquet":
        assert content.decode("utf-8").count("\x00") == 0


def test_no_cell_of_csv_is_a_formula(tmp_path: Path) -> None:
    written(tmp_path / "rows.csv", [HOSTILE])
    (line,) = cells(tmp_path / "rows.csv")
    assert {name: line[name] for name in ("trigger", "agent", "title", "outlet")} == {
        "trigger": "'=1+1", "agent": "'=cmd|' /C calc'!A0", "title": "' @SUM(A1)", "outlet": "\ufffd ＝HYPERLINK(1)",
    }  # fmt: skip
    written(tmp_path / "acled.csv", [HOSTILE], "acled")
    (line,) = cells(tmp_path / "acled.csv")
    assert (line["actor1"], line["notes"][:6]) == ("'=cmd|' /C calc'!A0", "'=1+1.")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("plain", "plain"),
        ("=1", "'=1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\t=1", "' =1"),
        ("\r=1", "' =1"),
        ("＝1", "'＝1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠x", "'＠x"),
        ("\ufeff=1", "'\ufeff=1"),
        ("\u200b=1", "'\u200b=1"),
        ("a=1", "a=1"),
        ("a\r\nb", "a  b"),
        ("a\u2028b", "a b"),
        ("\udc80", "\ufffd"),
        ("", ""),
        (" ", " "),
        (-33.5, -33.5),
        (0, 0),
        (None, ""),
        ("#a1", "#a1"),
    ],
)
def test_text_is_protected_and_numbers_are_not(value: object, cell: object) -> None:
    assert safe_cell(value) == cell


@given(st.text(st.characters()))
def test_a_protected_cell_is_one_line_of_utf8_that_begins_no_formula(text: str) -> None:
    cell = safe_cell(text)
    assert len(cell.encode("utf-8").splitlines()) <= 1
    assert not cell.lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        (
            "x.xlsx",
            "rows",
            "x.xlsx: rows are not written to a file with the suffix '.xlsx'; name one that ends in .jsonl, .csv, .parquet",
        ),
        (
            "x",
            "acled",
            "x: acled are not written to a file without a suffix; name one that ends in .csv, .parquet, .jsonl",
        ),
        (
            "x.geojson",
            "rows",
            "x.geojson: rows are not written to a file with the suffix '.geojson'; name one that ends in .jsonl, .csv, .parquet, or choose --format geojson",
        ),
        (
            "x.csv",
            "geojson",
            "x.csv: geojson are not written to a file with the suffix '.csv'; name one that ends in .geojson",
        ),
    ],
)
def test_a_suffix_that_does_not_fit_is_refused_with_those_that_do(name: str, kind: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        check_suffix(Path(name), kind=kind)
    assert str(refused.value) == message


def test_a_suffix_is_refused_before_a_row_is_read(tmp_path: Path) -> None:
    def rows() -> Any:
        raise AssertionError("a row was read")
        yield

    with pytest.raises(InputError, match="suffix"):
        write_rows(rows(), tmp_path / "x.xlsx", kind="rows", ontology=ONTOLOGY)


def test_suffixes_may_be_in_capitals(tmp_path: Path) -> None:
    assert written(tmp_path / "ROWS.CSV") == Written(6)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_a_row_that_fails_leaves_no_file(suffix: str, tmp_path: Path) -> None:
    def rows() -> Any:
        yield RAID
        raise InputError("the next line is broken")

    with pytest.raises(InputError, match="broken"):
        write_rows(rows(), tmp_path / f"x{suffix}", kind="rows", ontology=ONTOLOGY)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"):
        written(tmp_path / "file" / "rows.csv")


def test_a_number_that_does_not_fit_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a value does not fit Parquet .*; choose .csv or .jsonl"):
        written(tmp_path / "x.parquet", [replace(TOTAL, count=CountCell(best=10**30))])


def test_a_number_that_json_lacks_is_refused(tmp_path: Path) -> None:
    broken = replace(RAID, arguments={"agent": (argument("Army", weight=float("nan")),)})
    with pytest.raises(InputError, match="the row 'a1#raid' has a number that is not finite"):
        written(tmp_path / "x.jsonl", [broken])


def test_all_kinds_can_be_written() -> None:
    assert set(KINDS) == set(SUFFIXES) == set(get_args(Kind))


def test_a_data_frame_has_the_columns_and_values_of_the_flat_table() -> None:
    frame = to_pandas(ROWS, ONTOLOGY)
    columns = flat_columns(ROLES, ATTRIBUTES)
    assert list(frame.columns) == list(columns)
    for (_, line), one in zip(frame.iterrows(), ROWS, strict=True):
        flat = flat_row(one, ROLES, ATTRIBUTES)
        assert {name: value for name, value in line.items() if not pandas.isna(value)} == {
            name: value for name, value in flat.items() if value is not None
        }
    assert str(frame["count_best"].dtype) == "Int64"
    assert to_pandas([], ONTOLOGY).empty


def test_text_in_a_data_frame_is_as_it_is_in_the_row() -> None:
    assert to_pandas([HOSTILE], ONTOLOGY)["trigger"].tolist() == ["=1+1"]
