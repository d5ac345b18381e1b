"""The corpora themselves, converted on the command line, against counts of the raw files that use none of our code."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eventcorpus.cli.main import main
from eventcorpus.dataset.folder import Dataset, read_dataset
from eventcorpus.formats.muc4 import muc4_templates

pytestmark = pytest.mark.realdata
FOLDER = os.environ.get("EVENTCORPUS_REALDATA", "")


@pytest.fixture
def data() -> Path:
    if not FOLDER:
        pytest.skip("EVENTCORPUS_REALDATA is not set: it names the folder with re3d, muc4 and cameo_ner")
    return Path(FOLDER)


def there(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path


def lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8-sig").split("\n"):
        if line.strip():
            yield json.loads(line)


def convert(source: str, path: Path, out: Path, *options: str) -> tuple[Dataset, dict[str, Any]]:
    result = CliRunner().invoke(main, ["convert", str(path), "--from", source, "--out", str(out), *options])
    assert result.exit_code == 0, result.stderr
    return read_dataset(out), json.loads((out / "loss_report.json").read_text())


def folded(text: str) -> list[str]:
    """Words of a text with one kind of quotation marks."""
    return "".join("'" if c in '“”‘’"' else c for c in text).split()


def n_in_one_layer(places: set[tuple[str, int, int, str]]) -> int:
    """How many spans stay if the longest goes first, then the earliest, then by label, and none may overlap."""
    taken: dict[str, set[int]] = {}
    n_stay = 0
    for document, start, end, _ in sorted(places, key=lambda p: (p[1] - p[2], p[1], p[3])):
        here = set(range(start, end))
        if not here & taken.setdefault(document, set()):
            taken[document] |= here
            n_stay += 1
    return n_stay


def test_re3d_agrees_with_its_raw_files(data: Path, tmp_path: Path) -> None:
    root = there(data / "re3d/documents")
    raw = {name: [row for path in sorted(root.glob(f"*/{name}.json")) for row in lines(path)]
           for name in ("documents", "entities", "relations")}  # fmt: skip
    text = {row["_id"]: row["text"] for row in raw["documents"]}
    cut = {e["_id"]: text[e["documentId"]][e["begin"] : e["end"]] for e in raw["entities"]}
    mismatched = [e for e in raw["entities"] if cut[e["_id"]] != e["value"]]
    assert (len(mismatched), all(folded(cut[e["_id"]]) == folded(e["value"]) for e in mismatched)) == (5, True)
    blank = [e for e in raw["entities"] if not e["value"].strip()]
    edges = [e for e in raw["entities"] if e["value"].strip() and e["value"] != e["value"].strip()]

    def place(e: dict[str, Any]) -> tuple[str, int, int, str]:
        said = cut[e["_id"]]
        start = e["begin"] + len(said) - len(said.lstrip())
        return (e["documentId"], start, start + len(said.strip()), e["type"])

    places = Counter(place(e) for e in raw["entities"] if e not in blank)
    n_again = sum(places.values()) - len(places)

    dataset, report = convert("re3d", root, tmp_path / "ds")
    gold = dataset.split("train")
    assert report["articles"]["out"] == len(gold) == len(raw["documents"]) == 84
    assert (
        (report["spans"]["in"], report["spans"]["refused"]) == (len(raw["entities"]), len(blank) + n_again) == (3745, 3)
    )
    assert {(a.article.id, s.start, s.end, s.label) for a in gold for s in a.spans} == set(places)
    assert report["spans"]["reasons"]["repaired: its text has other blanks or quotation marks than the article"] == 5
    assert report["spans"]["reasons"]["repaired: blanks at the edges"] == len(edges) == 4

    of_stretch = Counter((document, start, end) for document, start, end, _ in places)
    n_nested = sum(
        any(d == document and (s, e) != (start, end) and s <= start and end <= e for d, s, e, _ in places)
        for document, start, end, _ in places
    )
    assert (sum(n - 1 for n in of_stretch.values()), n_nested) == (100, 882)
    assert len(report["not_in_one_layer"]) == len(places) - n_in_one_layer(set(places)) == 1005

    ends = {(e["documentId"], e["begin"], e["end"]) for e in raw["entities"]}
    source = [(r["documentId"], r["sourceBegin"], r["sourceEnd"]) for r in raw["relations"]]
    target = [(r["documentId"], r["targetBegin"], r["targetEnd"]) for r in raw["relations"]]
    assert set(source) | set(target) <= ends
    n_self = sum(a == b for a, b in zip(source, target, strict=True))
    assert report["roles"]["in"] == len(raw["relations"]) == 1119
    assert report["roles"]["out"] == len(raw["relations"]) - n_self == 1114
    expected = Counter(r["type"] for r, a, b in zip(raw["relations"], source, target, strict=True) if a != b)
    assert Counter(role.role for a in gold for role in a.roles) == expected
    where = {a.article.id: {s.id: (s.start, s.end) for s in a.spans} for a in gold}
    linked = Counter(
        (a.article.id, where[a.article.id][r.trigger], where[a.article.id][r.argument], r.role)
        for a in gold
        for r in a.roles
    )

    def trimmed(document: str, start: int, end: int) -> tuple[int, int]:
        said = text[document][start:end]
        begin = start + len(said) - len(said.lstrip())
        return begin, begin + len(said.strip())

    assert linked == Counter(
        (a[0], trimmed(*a), trimmed(*b), r["type"])
        for r, a, b in zip(raw["relations"], source, target, strict=True)
        if a != b
    )
    assert {a.article.licence for a in gold} == {"public domain", "OGL-UK-3.0", "CC-BY-SA-3.0"}
    assert all(a.article.metadata["attribution"] for a in gold)


def test_re3d_above_a_confidence_agrees_with_its_raw_files(data: Path, tmp_path: Path) -> None:
    root = there(data / "re3d/documents")
    n_below = sum(e["confidence"] < 0.5 for path in root.glob("*/entities.json") for e in lines(path))
    _, report = convert("re3d", root, tmp_path / "ds", "--min-confidence", "0.5")
    assert report["spans"]["reasons"]["left out: confidence below 0.5"] == n_below == 1095
    assert (report["spans"]["in"], report["spans"]["out"]) == (3745, 2648)


def test_re3d_in_our_labels_still_accounts_for_every_entity(data: Path, tmp_path: Path) -> None:
    root = there(data / "re3d/documents")
    dataset, report = convert(
        "re3d", root, tmp_path / "ds", "--map", str(Path(__file__).parents[2] / "corpus/maps/re3d.yaml")
    )
    gold = dataset.split("train")
    assert report["spans"]["in"] == 3745
    assert report["spans"]["out"] == sum(len(a.spans) for a in gold)
    assert {a.labels_annotated for a in gold} == {("Actor", "Place", "Time", "Weapon")}
    assert report["not_in_one_layer"] == []  # our ontology is flat


def test_muc4_agrees_with_its_raw_files_and_every_template_comes_back(data: Path, tmp_path: Path) -> None:
    root = there(data / "muc4")
    raw = {split: list(lines(root / f"{name}.json")) for split, name in (("train", "train"), ("validation", "dev"))}
    dataset, report = convert("muc4", root, tmp_path / "ds")
    n_mentions = n_fillers = n_spans = 0
    for split, rows in raw.items():
        gold = {a.article.id: a for a in dataset.split(split)}
        assert list(gold) == [row["docid"] for row in rows]
        for row in rows:
            one = gold[row["docid"]]
            assert one.article.text == row["doctext"]
            assert muc4_templates(one) == row["templates"]
            slots = [
                (slot, f)
                for t in row["templates"]
                for slot, several in t.items()
                if slot != "incident_type"
                for f in several
            ]
            mentions = {(start, start + len(text), slot) for slot, filler in slots for text, start in filler}
            assert {(s.start, s.end, s.label) for s in one.spans} == mentions
            n_spans += len(mentions)
            n_fillers += len(slots)
            n_mentions += sum(len(filler) for _, filler in slots)
    assert report["notes"] == {
        "fillers (sets of coreferent mentions)": n_fillers, "mentions in fillers": n_mentions, "templates": 1305
    }  # fmt: skip
    assert (report["articles"]["out"], n_fillers, n_mentions, n_spans) == (1500, 3486, 4923, 4035)
    assert (report["spans"]["in"], report["spans"]["out"], report["items"]) == (n_spans, n_spans, [])


@pytest.mark.parametrize(
    ("path", "files", "n_spans"),
    [("re3d/conll", ("train.txt", "dev.txt"), 2718), ("cameo_ner/train.txt", ("",), 2162)],
)  # fmt: skip
def test_conll_files_agree_with_their_raw_lines(
    data: Path, tmp_path: Path, path: str, files: tuple[str, ...], n_spans: int
) -> None:
    root = there(data / path)
    n_articles = n_opened = 0
    for name in files:
        before, inside = "O", False
        for line in (root / name).read_text(encoding="utf-8-sig").split("\n"):
            columns = line.split("\t") if "\t" in line else line.split()
            if not line.strip():
                before, inside = "O", False
                continue
            n_articles += not inside
            tag = columns[-1].strip()
            # a tag that continues nothing opens a span, as conlleval counts
            n_opened += tag != "O" and (tag[0] == "B" or before[2:] != tag[2:])
            before, inside = tag, True
    _, report = convert("conll", root, tmp_path / "ds")
    assert (report["articles"]["out"], report["spans"]["out"]) == (n_articles, n_opened)
    assert n_opened == n_spans
