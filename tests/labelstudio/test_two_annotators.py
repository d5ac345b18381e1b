"""Two people's files given together: their annotations of one article are a1's and a2's."""

from pathlib import Path
from typing import Any

import pytest

from cli_runner import run
from eventcorpus.dataset.folder import read_annotations
from eventcorpus.files import to_json
from label_studio_json import MINI, annotation, region, task, write

ACTOR, PLACE = region("r1", 0, 6, "Actor"), region("r1", 16, 25, "Place")
OTHER_TEXT = "Rebels attacked Southtown on Monday."


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ontology.yaml").write_text(to_json(MINI))
    return tmp_path


def of(person: Any, *items: dict[str, Any], number: int = 1, **data: Any) -> dict[str, Any]:
    """A task annotated by somebody; None: the export does not say by whom."""
    made = annotation(number, *items, completed_by=person)
    if person is None:
        del made["completed_by"]
    return task(made, **data)


def annotators() -> list[list[tuple[str, list[str]]]]:
    _, articles = read_annotations(Path("data"))
    return [[(one.annotator, [span.label for span in one.spans]) for one in passes] for passes in articles]


BOTH = [[("a1", ["Actor"]), ("a2", ["Place"])]]


def test_people_are_told_by_who_completed(folder: Path) -> None:
    write(folder / "one.json", of(4, PLACE, number=9))
    write(folder / "two.json", of(3, ACTOR))
    assert run("convert", "one.json", "two.json", "--out", "data")[0] == 0
    assert annotators() == BOTH


@pytest.mark.parametrize("given", [("anna.json", "bert.json"), ("anna", "bert"), (".",)])
def test_people_are_told_by_their_files_where_these_do_not_say_it(folder: Path, given: tuple[str, ...]) -> None:
    names = given if len(given) == 2 else ("anna.json", "bert.json")
    for name, item in zip(names, (ACTOR, PLACE), strict=True):
        if name.endswith(".json"):
            write(folder / name, of(None, item))
        else:
            (folder / name).mkdir()
            write(folder / name / "export.json", of(None, item))
    code, _, err = run("convert", *given, "--out", "data")
    assert code == 0 and annotators() == BOTH
    told = f"annotators told by their files, which do not say who annotated: a1 is {names[0]}, a2 is {names[1]}"
    assert told in err.splitlines()


def test_the_files_of_a_storage_are_one_persons(folder: Path) -> None:
    (folder / "storage").mkdir()
    write(folder / "storage" / "1.json", of(None, ACTOR))
    write(folder / "storage" / "2.json", of(None, PLACE, article_id="x2"))
    assert run("convert", "storage", "--out", "data")[0] == 0
    assert annotators() == [[("a1", ["Actor"])], [("a1", ["Place"])]]


def test_annotators_of_one_article_read_the_same_text(folder: Path) -> None:
    for name, text in (("anna.json", None), ("bert.json", OTHER_TEXT)):
        write(folder / name, of(None, ACTOR, ontology="mini@1.0.0", **({"text": text} if text else {})))
    assert run("convert", "anna.json", "bert.json", "--out", "data")[2].splitlines()[-1] == (
        "Error: bert.json: task 7: article x1 stands in anna.json: task 7 with another text; ids are unique, and "
        "annotators of one article read the same text"
    )


def test_agree_takes_the_files_of_two_people(folder: Path) -> None:
    write(folder / "anna.json", of(None, ACTOR, PLACE | {"id": "r2"}))
    write(folder / "bert.json", of(None, ACTOR))
    code, out, _ = run("agree", "anna.json", "bert.json", "--resamples", "1", "--json", "-")
    assert code == 0 and '"annotators": {\n      "a1": 1,\n      "a2": 1' in out


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ([of(1, ACTOR)], "no article has two annotators (articles: a1 1); have some annotated by a second person and convert all exports together: eventcorpus convert FIRST.json SECOND.json --out DATASET"),
        ([of(1, ACTOR), of(2, ACTOR, article_id="x2", text=OTHER_TEXT)], "no article has two annotators (articles: a1 1, a2 1); they annotated different articles; give each some that another has annotated, 20 or more, and convert all exports together: eventcorpus convert FIRST.json SECOND.json --out DATASET"),
        ([of(1, ACTOR), of(2, ACTOR, article_id="x2")], "no article has two annotators (articles: a1 1, a2 1); texts are the same under other ids (1, the first: x1 of a1 and x2 of a2); give both annotators tasks that were made of the same articles"),
    ],
)  # fmt: skip
def test_agree_advises_what_fits_the_case(folder: Path, tasks: list[dict[str, Any]], message: str) -> None:
    write(folder / "e.json", *tasks)
    assert run("agree", "e.json")[2].splitlines()[-1] == f"Error: e.json: {message}"


def test_three_annotators_are_compared_in_pairs(folder: Path) -> None:
    write(folder / "e.json", *(of(person, ACTOR, number=person) for person in (1, 2, 3)))
    code, out, _ = run("agree", "e.json", "--resamples", "1")
    assert code == 0 and "Agreement of all 3 pairs on" in out
