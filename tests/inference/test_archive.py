import gc
import gzip
import json
import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from cli_runner import run
from eventcorpus.annotation import first_seen
from eventcorpus.errors import InputError, OutputError, StrictError
from eventcorpus.events.assembly import Normalisers
from eventcorpus.events.gazetteer import Gazetteer
from eventcorpus.inference import archive
from eventcorpus.inference.archive import extract_archive
from eventcorpus.inference.archive_folder import Manifest, Settings
from random_model import random_folder

WORDS = [
    "rebels",
    "attacked",
    "the",
    "town",
    "of",
    "aleppo",
    "on",
    "monday",
    "and",
    "the",
    "army",
    "left",
    "homs",
    "on",
    "friday",
]
THREES = Settings(shard_size=3)


@pytest.fixture(scope="module")
def model(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_folder(tmp_path_factory.mktemp("models") / "tiny", tiny_encoder)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def row(number: int, **fields: Any) -> dict[str, Any]:
    text = " ".join(WORDS[(number + n) % len(WORDS)] for n in range(5 + number % 30))
    return {"id": f"a{number}", "text": text} | fields


def lines(rows: Iterable[dict[str, Any] | str]) -> str:
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


def extract(
    model: Path, out: str = "out", given: Any = "in.jsonl", settings: Settings = THREES, **how: Any
) -> Manifest:
    return extract_archive(given, model, out, settings, backend="fp32", **how)


def contents(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def ids(folder: str) -> list[str]:
    found = []
    for path in sorted(Path(folder).glob("predictions-*")):
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        found += [json.loads(line)["id"] for line in text.splitlines()]
    return found


def refused(folder: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in Path(folder, "refused.jsonl").read_text().splitlines()]


class Stopped(Exception):
    """Stands for the end of a process."""


def stop_at(n: int, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Stop the n-th time that a function of the module is called."""
    called, real = 0, getattr(archive, name)

    def stopping(*arguments: Any, **named: Any) -> Any:
        nonlocal called
        called += 1
        if called == n:
            raise Stopped
        return real(*arguments, **named)

    monkeypatch.setattr(archive, name, stopping)


# shards and the manifest ---------------------------------------------------------------------------------------------


def test_shards_hold_the_articles_in_their_order_and_the_manifest_names_them(here: Path, model: Path) -> None:
    (here / "in.jsonl").write_text(lines(map(row, range(7))))
    done = extract(model)
    assert ids("out") == [f"a{n}" for n in range(7)]
    assert sorted(contents("out")) == [
        "manifest.json", "predictions-00000.jsonl", "predictions-00001.jsonl", "predictions-00002.jsonl", "refused.jsonl",
    ]  # fmt: skip
    written = json.loads(Path("out/manifest.json").read_text())
    assert [(s["first"], s["last"], s["articles"]) for s in written["shards"]] == [
        ("a0", "a2", 3), ("a3", "a5", 3), ("a6", "a6", 1),
    ]  # fmt: skip
    assert written["finished"] and written["model"]["name"] == "tiny" and written["inputs"][0]["path"] == "in.jsonl"
    assert done.total("articles") == 7 and done.total("mentions") > 0
    assert done.total("mentions") == sum(
        len(json.loads(line)["mentions"])
        for path in Path("out").glob("pred*")
        for line in path.read_text().splitlines()
    )


def test_one_large_shard_says_the_same_as_extract_without_a_folder(here: Path, model: Path) -> None:
    (here / "in.jsonl").write_text(lines(map(row, range(7))))
    extract(model, settings=Settings())
    code, stdout, _ = run("extract", "--backend", "fp32", "in.jsonl", "--model", str(model))
    assert code == 0 and stdout == Path("out/predictions-00000.jsonl").read_text()


def test_compressed_shards_and_inputs_hold_the_same(here: Path, model: Path) -> None:
    plain = lines(map(row, range(7)))
    (here / "in.jsonl").write_text(plain)
    (here / "b").mkdir()
    (here / "b" / "1.jsonl.gz").write_bytes(gzip.compress(plain.encode()[: plain.index('{"id": "a3"')]))
    (here / "b" / "2.jsonl.gz").write_bytes(gzip.compress(plain.encode()[plain.index('{"id": "a3"') :]))
    extract(model)
    packed = Settings(shard_size=3, compression="gz")
    extract(model, "pattern", "b/*.gz", packed)
    extract(model, "folder", "b", packed)
    assert {n: b for n, b in contents("pattern").items() if n != "manifest.json"} == {
        n: b for n, b in contents("folder").items() if n != "manifest.json"
    }
    for name, content in contents("out").items():
        if name.startswith("predictions"):
            assert gzip.decompress(Path("folder", f"{name}.gz").read_bytes()) == content


def test_zst_shards_and_inputs(here: Path, model: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    (here / "in.jsonl.zst").write_bytes(zstandard.compress(lines(map(row, range(4))).encode()))
    extract(model, given="*.zst", settings=Settings(compression="zst"))
    with zstandard.open("out/predictions-00000.jsonl.zst", "rt") as file:
        assert [json.loads(line)["id"] for line in file] == ["a0", "a1", "a2", "a3"]


def test_parquet_is_read_and_tables_are_written_beside_the_shards(
    here: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_places = Normalisers(Gazetteer())  # the shipped places take seconds
    monkeypatch.setattr(archive.Normalisers, "read", lambda *given: without_places)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([*map(row, range(5))]), here / "in.parquet")
    seen: list[tuple[int, int | None]] = []
    done = extract(
        model, given="in.parquet", settings=Settings(shard_size=3, parquet=True),
        on_progress=lambda n, total: seen.append((n, total)),
    )  # fmt: skip
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
    assert list(done.shards[1].files) == ["predictions-00001.jsonl", "mentions-00001.parquet", "rows-00001.parquet"]
    tables = [pyarrow.parquet.read_table(f"out/mentions-0000{n}.parquet") for n in (0, 1)]
    assert sum(map(len, tables)) == done.total("mentions")
    assert set(tables[1]["article"].to_pylist()) <= {"a3", "a4"}


# runs that were ended ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["write_json", "prediction_line", "atomic_compressed_file", "sha256_of_file", "json_line"]
)
def test_a_run_that_was_ended_anywhere_goes_on_to_the_same_bytes(
    name: str, here: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [*map(row, range(4)), "{", *map(row, range(2, 8)), {"id": "x"}]
    (here / "in.jsonl").write_text(lines(given))
    extract(model, "whole")
    assert ids("whole") == [f"a{n}" for n in range(8)]
    for n in (1, 2, 3):
        out = f"out{n}"
        with monkeypatch.context() as patch:
            stop_at(n, patch, name)
            with pytest.raises(Stopped):
                extract(model, out)
        (here / out).mkdir(exist_ok=True)
        (here / out / ".manifest.json.x.part").write_text("half")
        assert extract(model, out).finished
        assert contents(out) == contents("whole")


def test_articles_of_whole_shards_are_not_given_to_the_model_again(
    here: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "in.jsonl").write_text(lines(map(row, range(7))))
    seen: list[int] = []
    with monkeypatch.context() as patch:
        stop_at(6, patch, "prediction_line")
        with pytest.raises(Stopped):
            extract(model)
    extract(model, on_progress=lambda n, total: seen.append(n))
    assert seen == [4, 5, 6, 7]


def test_a_finished_run_is_left_as_it_is(here: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "in.jsonl").write_text(lines(map(row, range(4))))
    done = extract(model)
    times = {path: path.stat().st_mtime_ns for path in Path("out").iterdir()}
    monkeypatch.setattr(archive, "Extractor", None)
    assert extract(model) == done
    assert {path: path.stat().st_mtime_ns for path in Path("out").iterdir()} == times


def test_a_shard_that_was_damaged_or_lost_is_written_again(here: Path, model: Path) -> None:
    (here / "in.jsonl").write_text(lines(map(row, range(7))))
    extract(model)
    before = contents("out")
    Path("out/predictions-00001.jsonl").write_text("{}\n")
    Path("out/predictions-00002.jsonl").unlink()
    assert extract(model).finished and contents("out") == before


def test_a_run_of_another_model_settings_or_inputs_is_refused_with_the_way_out(
    here: Path, model: Path, tiny_encoder: Path
) -> None:
    (here / "in.jsonl").write_text(lines(map(row, range(4))))
    before = extract(model)
    ends = "; choose another --out, or begin anew with --overwrite"
    random_folder(here / "other", tiny_encoder)
    with pytest.raises(InputError) as error:
        extract(here / "other")
    assert str(error.value).startswith("out: holds predictions of another run; the model was 'tiny@")
    assert str(error.value).endswith(ends)
    with pytest.raises(InputError) as error:
        extract(model, settings=Settings(shard_size=2))
    assert (
        str(error.value) == f"out: holds predictions of another run; the setting shard_size was '3', is now '2'{ends}"
    )
    with (here / "in.jsonl").open("a") as file:
        file.write(lines([row(4)]))
    with pytest.raises(InputError) as error:
        extract(model)
    assert "in.jsonl, its size was" in str(error.value) and str(error.value).endswith(ends)
    assert Manifest.model_validate_json(Path("out/manifest.json").read_text()) == before
    assert extract(model, overwrite=True).total("articles") == 5
    assert ids("out") == ["a0", "a1", "a2", "a3", "a4"]


def test_a_folder_with_anything_else_is_left_alone(here: Path, model: Path) -> None:
    (here / "in.jsonl").write_text(lines([row(1)]))
    (here / "mine").mkdir()
    (here / "mine" / "manifest.json").write_text('{"splits": {}}')
    for overwrite in (False, True):
        with pytest.raises(OutputError) as error:
            extract(model, "mine", overwrite=overwrite)
        assert str(error.value) == (
            "mine: exists and was not written by this command; choose another --out or remove it"
        )
    with pytest.raises(InputError) as error:
        extract(model, "mine/out", "mine")
    assert str(error.value) == "mine/out: is in the folder mine that is read; choose another --out"


# what is no article --------------------------------------------------------------------------------------------------


def test_records_that_cannot_be_read_are_listed_and_the_others_are_read(here: Path, model: Path) -> None:
    (here / "in.jsonl").write_bytes(
        lines([row(0), '{"id": "a1", "te', row(2), {"id": "a3", "text": " "}, row(2), "[1]", row(6, text=7)]).encode()
        + b'{"id": "a8", "text": "caf\xe9"}\n'
        + lines([row(9)]).encode()
    )
    done = extract(model)
    assert ids("out") == ["a0", "a2", "a9"]
    assert [(r["place"], r["id"], r["kind"], r["reason"]) for r in refused("out")] == [
        ("line 2", "", "unreadable", "not valid JSON (Unterminated string starting at at column 14)"),
        ("line 4", "a3", "without text", "an article without text"),
        (
            "line 5", "a2", "id taken",
            "the id 'a2' is taken by in.jsonl: line 3; ids are unique: rename one of them, or take them from another "
            "column: --field id=NAME",
        ),
        ("line 6", "", "unreadable", "not a JSON object; one object a line is needed"),
        ("line 7", "a6", "unreadable", "text is '7' (int); it must be text"),
        ("line 8", "", "unreadable", "not UTF-8, as JSON must be; convert the file, for example with iconv"),
    ]  # fmt: skip
    assert {r["file"] for r in refused("out")} == {"in.jsonl"}
    assert done.refused == {"id taken": 1, "unreadable": 4, "without text": 1}


def test_a_first_line_that_is_no_json_does_not_cost_the_file(here: Path, model: Path) -> None:
    (here / "in.jsonl").write_text(lines(["{", row(1), row(2)]))
    extract(model)
    assert ids("out") == ["a1", "a2"]


def test_a_file_that_ends_too_early_or_is_no_articles_is_listed_and_the_next_is_read(here: Path, model: Path) -> None:
    (here / "in").mkdir()
    packed = gzip.compress(lines(map(row, range(3000))).encode())
    (here / "in" / "1.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    (here / "in" / "2.csv").write_text("id,text\nc1,rebels left\nc2\nc3,the army left\n")
    (here / "in" / "3.pdf").write_text("%PDF-")
    extract(model, given="in", settings=Settings())
    found = ids("out")
    assert found[0] == "a0" and found[-2:] == ["c1", "c3"] and len(found) > 100
    assert [(r["file"], r["place"], r["kind"]) for r in refused("out")] == [
        ("in/1.jsonl.gz", "", "file"), ("in/2.csv", "line 3", "unreadable"), ("in/3.pdf", "", "file"),
    ]  # fmt: skip
    assert refused("out")[0]["reason"].startswith("damaged, or no .gz file")


def test_strict_ends_at_the_first_record_that_is_refused(here: Path, model: Path) -> None:
    (here / "in.jsonl").write_text(lines([*map(row, range(4)), {"id": "x"}]))
    with pytest.raises(StrictError) as error:
        extract(model, strict=True)
    assert str(error.value) == "--strict: in.jsonl: line 5: an article without text"
    assert extract(model).total("articles") == 4
    with pytest.raises(StrictError) as error:
        extract(model, strict=True)
    assert str(error.value) == "--strict: 1 records were refused, see out/refused.jsonl"


def test_inputs_that_are_not_there_are_an_error(here: Path, model: Path) -> None:
    with pytest.raises(InputError) as error:
        extract(model, given="gone.jsonl")
    assert str(error.value) == "gone.jsonl: no such file; check the path"
    with pytest.raises(InputError) as error:
        extract(model, given="gone/*.jsonl")
    assert str(error.value) == "gone/*.jsonl: nothing fits this pattern; check the path"
    assert not Path("out").exists()


# memory --------------------------------------------------------------------------------------------------------------


def test_memory_does_not_grow_with_the_articles(here: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_seen, "N_IN_MEMORY", 100)
    (here / "in.jsonl").write_text(lines(row(n, text=f"rebels &amp; {n}\r\n") for n in range(800)))
    held: list[int] = []
    real = archive.write_json

    def measured(path: Path, manifest: Manifest) -> None:
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])
        real(path, manifest)

    monkeypatch.setattr(archive, "write_json", measured)
    tracemalloc.start()
    done = extract(model, settings=Settings(shard_size=100))
    tracemalloc.stop()
    assert done.noted == {"changed": 800, "markup": 800}
    assert (held[8] - held[4]) / 400 < 50  # bytes an article; an id in a list is 60


# the command ---------------------------------------------------------------------------------------------------------


def test_the_command_takes_a_folder_as_out_and_says_what_was_done(here: Path, model: Path) -> None:
    (here / "in.jsonl").write_text(lines([*map(row, range(4)), "{"]))
    arguments = (
        "extract",
        "in.jsonl",
        "--backend",
        "fp32",
        "--model",
        str(model),
        "--out",
        "out/",
        "--shard-size",
        "3",
    )
    code, stdout, stderr = run(*arguments)
    n = Manifest.model_validate_json(Path("out/manifest.json").read_text()).total("mentions")
    assert (code, stdout) == (0, "")
    assert stderr.startswith(
        f"4 articles in 2 shards in out, {n} mentions\n1 records refused (unreadable), see out/refused.jsonl\n"
    )
    assert run(*arguments)[::2] == (0, stderr)
    assert run(*arguments[:-2])[0] == 1
    code, _, stderr = run(*arguments, "--table")
    assert code == 2 and "--table is not for a folder; name a file as --out for it" in stderr
    code, _, stderr = run("extract", "in.jsonl", "--model", str(model), "--out", "a.jsonl", "--parquet")
    assert code == 2 and "--parquet is for a folder; end --out with / for it" in stderr
