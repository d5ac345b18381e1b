"""``check``, ``stats`` and ``split`` on a corpus folder, as people meet them."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli_runner import run
from eventcorpus.articles.rows import article_row
from eventcorpus.formats.inline import read_inline
from eventcorpus.labelstudio.config import label_config
from eventcorpus.labelstudio.tasks import simulated_export
from eventcorpus.ontology import parse_ontology

ONTOLOGY = """
schema: 1
name: mini
version: 1.0.0
triggers: [{name: Attack}, {name: Toll}]
entities: [{name: Actor}, {name: Place}]
roles: [{name: agent, signatures: [{to: [Actor]}]}]
attributes: [{name: outcome, of: [Toll], values: [{name: killed}]}]
checks: {expects: {Toll: [agent]}}
"""
STORY = "[Rebels](Actor#a) [shelled](Attack agent=a) the harbour of [Kalo](Place) while its fishermen were still asleep"
SHIPPED = Path(__file__).parent.parent / "corpus"
ARTICLES = f"""=== a1
published: 2020-01-01

{STORY} on their boats.

=== a2
published: 2020-01-02

{STORY} in their huts.

=== a3
published: 2020-01-03

The museum of [Kalo](Place) opens again.

=== a4
published: 2020-01-04

[Rebels](Actor#a) [killed](Toll agent=a outcome=killed) nobody. [the army](Actor) stayed away.
"""


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A corpus folder without a fault, but for what is worth a look."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "corpus"
    for name in ("articles", "annotations", "labelling", "splits"):
        (folder / name).mkdir(parents=True)
    (folder / "ontology.yaml").write_text(ONTOLOGY)
    import yaml

    ontology = parse_ontology(yaml.safe_load(ONTOLOGY), place="o")
    annotated = read_inline(ARTICLES, ontology, place="t")
    (folder / "articles/a.jsonl").write_text("".join(json.dumps(article_row(one.article)) + "\n" for one in annotated))
    (folder / "annotations/pass-1.json").write_text(simulated_export(annotated, ontology))
    (folder / "labelling/config.xml").write_text(label_config(ontology))
    for split, ids in {"train": "a1\na2\n", "validation": "a3\n", "test": "a4\n"}.items():
        (folder / f"splits/{split}.txt").write_text(ids)
    return folder


def kinds(folder: Path, *options: str) -> dict[str, int]:
    code, stdout, _ = run("check", str(folder), "--json", "-", *options)
    assert code == 0
    return {name: kind["n"] for name, kind in json.loads(stdout)["kinds"].items()}


def edit_export(folder: Path, change: Any) -> None:
    path = folder / "annotations/pass-1.json"
    tasks = json.loads(path.read_text())
    change(tasks)
    path.write_text(json.dumps(tasks))


def test_a_corpus_without_errors_passes_strict(corpus: Path) -> None:
    code, stdout, stderr = run("check", "corpus", "--strict")
    assert code == 0
    assert stderr == "4 articles, 10 spans: 0 errors, 2 to look at\n"
    assert stdout.splitlines()[-5:] == [
        "near-duplicate (1): give both the same cluster",
        "  a2: repeats a1 (Jaccard similarity of five-word shingles 0.57); no cluster names both",
        "",
        "determiner (1): draw the span without it, or leave it",
        "  a4 [22, 30) 'the army': Actor: begins with 'the'",
    ]


def test_every_error_is_found_at_once_and_strict_fails(corpus: Path) -> None:
    def spoil(tasks: list[dict[str, Any]]) -> None:
        first = tasks[0]["annotations"][0]["result"]
        first[0]["value"] |= {"text": "Troops"}
        first[2]["value"]["labels"] = ["Plaze"]
        tasks[2]["data"]["text"] += " Twice."
        tasks[3]["annotations"][0]["result"] = [
            item for item in tasks[3]["annotations"][0]["result"] if item["type"] != "choices"
        ]
        tasks.append(json.loads(json.dumps(tasks[1])) | {"id": 9})
        tasks[-1]["data"] |= {"article_id": "a9"}

    edit_export(corpus, spoil)
    lines = (corpus / "articles/a.jsonl").read_text().splitlines()
    (corpus / "articles/a.jsonl").write_text(
        "\n".join([*lines, '{"id": "a5", "text": "Nobody read this."}', '{"id": "a6"}'])
    )
    (corpus / "splits/test.txt").write_text("a2\na4\na1\n")
    (corpus / "splits/train.txt").write_text("a1\n")
    (corpus / "ontology.yaml").write_text(ONTOLOGY.replace("name: Place", "name: Place, definition: Where"))
    (corpus / "labelling/config.xml").write_text("<View/>")
    found = kinds(corpus)
    errors = {
        name: n for name, n in found.items() if name not in ("near-duplicate", "determiner", "expected-role", "no-role")
    }
    assert errors == {
        "unreadable": 2,  # a3's task has another text than its hash says; a6 has no text
        "offsets": 1,
        "not-in-ontology": 1,
        "attribute-missing": 1,
        "not-read": 1,  # the role whose argument was refused
        "config-outdated": 1,
        "no-article": 1,
        "no-annotation": 1,
        "split-missing": 1,
        "split-twice": 1,
        "split-leak": 1,
    }
    code, _, stderr = run("check", "corpus", "--strict")
    assert code == 1
    assert stderr.splitlines()[-1].startswith(
        "Error: --strict: 12 errors in corpus: 2 unreadable, 1 offsets, 1 not-in-ontology"
    )


def test_rules_are_checked_in_every_pass_and_the_rest_in_gold(corpus: Path) -> None:
    tasks = json.loads((corpus / "annotations/pass-1.json").read_text())
    second = [task for task in tasks if task["data"]["article_id"] == "a4"]
    second[0]["annotations"][0] |= {"completed_by": 2, "id": 99, "unique_id": "x"}
    result = second[0]["annotations"][0]["result"]
    second[0]["annotations"][0]["result"] = [item for item in result if item["type"] == "labels"]
    (corpus / "annotations/pass-2.json").write_text(json.dumps(second))
    assert kinds(corpus) == {"attribute-missing": 1, "near-duplicate": 1, "determiner": 1}
    found = kinds(corpus, "--gold", "a2")
    assert found["expected-role"] == 1 and found["no-role"] == 1


def test_kinds_that_guidelines_do_not_mind_are_left_out_and_it_is_said(corpus: Path) -> None:
    assert kinds(corpus, "--without", "determiner") == {"near-duplicate": 1}
    path = corpus / "ontology.yaml"
    path.write_text(path.read_text().replace("checks: {", "checks: {without: [near-duplicate], "))
    code, stdout, stderr = run("check", "corpus", "--json", "-", "--without", "determiner")
    assert code == 0 and json.loads(stdout)["kinds"] == {}
    assert json.loads(stdout)["without"] == ["near-duplicate", "determiner"]
    assert "not looked for: near-duplicate, determiner\n" in stderr


def test_only_kinds_that_there_are_and_that_may_be_meant_are_left_out(corpus: Path) -> None:
    assert run("check", "corpus", "--without", "determinr")[::2] == (
        1, "Error: --without: there is no kind 'determinr'; did you mean 'determiner'\n"
    )  # fmt: skip
    assert run("check", "corpus", "--without", "signature")[::2] == (
        1,
        "Error: --without: signature is an error, and is always looked for; link another span, or mend the signatures\n",
    )
    path = corpus / "ontology.yaml"
    path.write_text(path.read_text().replace("checks: {", "checks: {without: [overlp], "))
    assert "checks.without: there is no kind 'overlp'" in run("check", "corpus")[2]


def test_predictions_are_compared(corpus: Path) -> None:
    from eventcorpus.text import sha256_of

    text = json.loads((corpus / "articles/a.jsonl").read_text().splitlines()[2])["text"]
    mention = {"start": 0, "end": 10, "label": "Actor", "text": "The museum", "confidence": 0.93}
    row = {"model": {"name": "m"}, "id": "a3", "text_sha256": sha256_of(text), "mentions": [mention]}
    Path("p.jsonl").write_text(json.dumps(row))
    found = kinds(corpus, "--predictions", "p.jsonl")
    assert (found["only-predicted"], found["never-predicted"]) == (1, 1)
    Path("p.jsonl").write_text(json.dumps(row | {"text_sha256": "0" * 64}))
    code, _, stderr = run("check", "corpus", "--predictions", "p.jsonl")
    assert code == 1 and stderr.splitlines()[-1].startswith(
        "Error: p.jsonl: article a3: predicted on a text with sha256 000000000000..."
    )


def test_the_page_of_findings_shows_them_in_context(corpus: Path) -> None:
    assert run("check", "corpus", "--html", "findings.html")[0] == 0
    page = Path("findings.html").read_text()
    assert "nobody. <mark" in page and ">the army<" in page


def test_a_folder_that_is_no_corpus(corpus: Path) -> None:
    assert run("check", "corpus/articles") == (
        1,
        "",
        "Error: corpus/articles: no ontology.yaml; a corpus folder has ontology.yaml, articles/ (JSON Lines) and annotations/ "
        "(Label Studio exports)\n",
    )


def test_stats_of_a_corpus_and_of_the_dataset_made_of_it_agree(corpus: Path) -> None:
    code, stdout, _ = run("stats", "corpus", "--json", "-")
    assert code == 0
    report = json.loads(stdout)
    assert (report["total"]["n_articles"], report["total"]["n_triggers"], report["splits"]["train"]["n_articles"]) == (
        4,
        3,
        2,
    )
    assert report["originality"]["highest_jaccard"] == 0.5714
    assert (
        run(
            "convert",
            "corpus/annotations",
            "--ontology",
            "corpus/ontology.yaml",
            "--splits",
            "corpus/splits",
            "--out",
            "ds",
        )[0]
        == 0
    )
    of_dataset = json.loads(run("stats", "ds", "--json", "-")[1])
    assert {key: of_dataset[key] for key in ("total", "splits")} == {key: report[key] for key in ("total", "splits")}


def test_promises_that_are_not_kept_exit_with_1_and_are_named(corpus: Path) -> None:
    Path("r.yaml").write_text(
        "schema: 1\nrequire:\n  total.n_articles: {min: 5}\n  total.roles.*.n: {min: 3}\n  total.n_words: {min: 4}\n"
    )
    code, stdout, stderr = run("stats", "corpus", "--require", "r.yaml", "--html", "s.html")
    assert code == 1 and "Attack" in stdout
    assert stderr == (
        "not met: total.n_articles is 4, at least 5 is required\n"
        "Error: r.yaml: figures not as required: 1, the first: total.n_articles is 4, at least 5 is required\n"
    )
    assert "at least 5 is required" in Path("s.html").read_text()
    Path("r.yaml").write_text("schema: 1\nrequire:\n  total.n_articles: {min: 4}\n")
    code, _, stderr = run("stats", "corpus", "--require", "r.yaml")
    assert (code, stderr) == (0, "r.yaml: 1 requirement met\n")


def test_split_keeps_what_has_a_place_and_check_finds_nothing_wrong(corpus: Path) -> None:
    (corpus / "splits/validation.txt").write_text("")
    code, _, stderr = run("split", "corpus", "--keep", "corpus/splits", "--out", "corpus/splits")
    assert code == 0
    assert stderr == "4 articles in corpus/splits (train 2, validation 1, test 1); clusters: 1, kept: 3\n"
    assert (corpus / "splits/train.txt").read_text() == "a1\na2\n"
    assert kinds(corpus) == {"near-duplicate": 1, "determiner": 1}
    (corpus / "splits/train.txt").write_text("a2\na1\n")
    assert kinds(corpus)["split-changed"] == 1


def test_split_tells_what_it_could_not_keep(corpus: Path) -> None:
    Path("old").mkdir()
    Path("old/train.txt").write_text("a1\ngone\n")
    Path("old/test.txt").write_text("a2\n")
    code, _, stderr = run("split", "corpus", "--keep", "old", "--out", "new")
    assert code == 0
    assert stderr.splitlines()[:2] == [
        "old: 1 article with a place there, but not in corpus, the first: gone",
        "kept where they were, though they belong together: a1 (train), a2 (test)",
    ]


def test_split_does_not_replace_what_is_no_split(corpus: Path) -> None:
    code, _, stderr = run("split", "corpus", "--out", "corpus/articles")
    assert code == 1
    assert stderr == (
        "Error: corpus/articles: exists and was not written by this command; choose another --out or remove it\n"
    )


def test_the_same_seed_writes_the_same_bytes(corpus: Path) -> None:
    for out in ("one", "two"):
        assert run("split", "corpus", "--out", out, "--seed", "7")[0] == 0
    for name in ("train.txt", "validation.txt", "test.txt", "manifest.json"):
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()
    manifest = json.loads(Path("one/manifest.json").read_text())
    assert manifest["options"] == {"validation": 0.15, "test": 0.2, "group_by": None, "by_date": False, "seed": 7}
    assert (manifest["clusters"], manifest["clustered"], manifest["groups"]) == (1, 2, 3)


def test_the_shipped_corpus_has_no_errors() -> None:
    code, _, stderr = run("check", str(SHIPPED), "--strict", "--top", "0")
    assert (code, stderr.count(": 0 errors, ")) == (0, 1)


def test_the_shipped_corpus_keeps_its_promises() -> None:
    path = SHIPPED / "requirements.yaml"
    code, _, stderr = run("stats", str(SHIPPED), "--require", str(path))
    assert (code, stderr) == (0, f"{path}: 15 requirements met\n")
