"""Predictions of transformers' pipeline, GLiNER and spaCy: read, tied to articles, checked, or refused with the way out."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cli_runner import run
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import Entry, write_dataset
from eventcorpus.errors import EventCorpusError
from eventcorpus.eval.library_predictions import library_of, read_library_predictions
from eventcorpus.eval.sources import Options, kind_of, read_gold, read_system
from eventcorpus.formats.sample import sample_of
from eventcorpus.ontology import Label, Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Span

CASES = Path(__file__).parents[1] / "fixtures/cases/33-eval"
FIRST = "Rebels shelled Darna on Monday, killing 12 people."
SECOND = "🔥 Calm returned to N’Djaména and Marsa."
ARTICLES = [Article("one", FIRST), Article("two", SECOND)]
PLACE = {"start": 15, "end": 20, "label": "Place", "text": "Darna", "score": 0.9}
TOWN = {"start": 19, "end": 29, "label": "Place", "text": "N’Djaména", "score": 0.5} | {"end": 28}
GLINER = [[PLACE], [TOWN]]
PIPELINE = [
    [{"entity_group": "Place", "score": 0.99, "word": "darna", "start": 15, "end": 20}],
    [{"entity_group": "Place", "score": 0.5, "word": "n ’ djamena", "start": 19, "end": 28}],
]
Spans = list[tuple[str, str, float]]


def written(folder: Path, content: Any, name: str = "p.json") -> Path:
    path = folder / name
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content) if name.endswith("l") else ""
    path.write_text(lines or json.dumps(content, ensure_ascii=False))
    return path


def read(path: Path, articles: list[Article] = ARTICLES) -> tuple[str, str, dict[str, Spans]]:
    """What wrote it, by what it was tied, and the mentions of each article."""
    sample = sample_of([path])
    assert library_of(sample)
    found = read_library_predictions(path, sample, articles)
    texts = {article.id: article.text for article in articles}
    spans = {
        p.id: [(texts[p.id][m.start : m.end], m.label, round(m.confidence, 3)) for m in p.mentions]
        for p in found.predictions
    }
    return found.title, found.tied_by, spans


def error_of(path: Path, articles: list[Article] = ARTICLES) -> str:
    with pytest.raises(EventCorpusError) as error:
        read_library_predictions(path, sample_of([path]), articles)
    assert "\n" not in str(error.value)
    return str(error.value).removeprefix(f"{path}: ")


DARNA: Spans = [("Darna", "Place", 0.9)]
BOTH: dict[str, Spans] = {"one": DARNA, "two": [("N’Djaména", "Place", 0.5)]}


@pytest.mark.parametrize("name", ["p.json", "p.jsonl"])
def test_gliner_by_order_id_and_text(tmp_path: Path, name: str) -> None:
    assert read(written(tmp_path, GLINER, name)) == ("GLiNER", "order", BOTH)
    by_id = [{"id": "two", "entities": GLINER[1]}, {"id": "one", "entities": GLINER[0]}]
    assert read(written(tmp_path, by_id, name))[1:] == ("id", {"two": BOTH["two"], "one": BOTH["one"]})
    by_text = [{"text": SECOND, "entities": GLINER[1]}, {"text": FIRST, "entities": GLINER[0]}]
    assert read(written(tmp_path, by_text, name))[1:] == ("text", {"two": BOTH["two"], "one": BOTH["one"]})


def test_an_object_of_lists_has_ids_for_keys(tmp_path: Path) -> None:
    assert read(written(tmp_path, {"two": GLINER[1], "one": []})) == ("GLiNER", "id", {"two": BOTH["two"], "one": []})


@pytest.mark.parametrize("name", ["p.json", "p.jsonl"])
def test_the_pipeline_of_transformers_with_aggregation(tmp_path: Path, name: str) -> None:
    found = {"one": [("Darna", "Place", 0.99)], "two": [("N’Djaména", "Place", 0.5)]}
    assert read(written(tmp_path, PIPELINE, name)) == ("transformers' pipeline", "order", found)
    rows = [{"id": "one", "predictions": PIPELINE[0]}, {"id": "two", "predictions": PIPELINE[1]}]
    assert read(written(tmp_path, rows, name)) == ("transformers' pipeline", "id", found)


def token(word: str, entity: str, score: float, index: int, start: int) -> dict[str, Any]:
    return {
        "entity": entity, "score": score, "index": index, "word": word, "start": start,
        "end": start + len(word.removeprefix("##")),
    }  # fmt: skip


def test_the_pipeline_without_aggregation_has_its_tokens_put_together(tmp_path: Path) -> None:
    text = "South Darna Marsa and Homs"
    tags = [
        token("south", "B-Place", 0.8, 1, 0), token("dar", "I-Place", 0.6, 2, 6), token("##na", "I-Place", 0.7, 3, 9),
        token("marsa", "B-Place", 0.9, 4, 12), token("homs", "I-Place", 0.5, 6, 22),
    ]  # fmt: skip
    title, tied_by, found = read(written(tmp_path, tags), [Article("x", text)])
    assert (title, tied_by) == ("transformers' pipeline without aggregation, whose tokens are put together", "order")
    assert found == {"x": [("South Darna", "Place", 0.7), ("Marsa", "Place", 0.9), ("Homs", "Place", 0.5)]}
    bare = [{**one, "entity": one["entity"][2:]} for one in tags]
    assert read(written(tmp_path, bare), [Article("x", text)])[2] == {
        "x": [("South Darna Marsa", "Place", 0.75), ("Homs", "Place", 0.5)]
    }
    for one in tags:
        del one["index"]
    assert [m[0] for m in read(written(tmp_path, tags), [Article("x", text)])[2]["x"]] == [
        "South Darna",
        "Marsa",
        "Homs",
    ]


def test_spacy_as_json_and_as_tuples(tmp_path: Path) -> None:
    docs = [{"text": FIRST, "ents": [{"start": 15, "end": 20, "label": "GPE"}], "tokens": [], "sents": []}]
    found = ("text", {"one": [("Darna", "GPE", 1.0)]})
    assert read(written(tmp_path, docs)) == read(written(tmp_path, docs, "p.jsonl")) == ("spaCy's JSON", *found)
    tuples = [[FIRST, {"entities": [[15, 20, "GPE"]]}], ["Another text.", {"entities": []}]]
    assert read(written(tmp_path, tuples)) == read(written(tmp_path, tuples, "p.jsonl")) == ("spaCy's tuples", *found)


def test_spacys_docbin(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    nlp = spacy.blank("en")
    docs = []
    for text, place in ((SECOND, "Marsa"), (FIRST, "Darna")):
        doc = nlp(text)
        start = text.index(place)
        doc.ents = [doc.char_span(start, start + len(place), label="GPE")]
        docs.append(doc)
    path = tmp_path / "p.spacy"
    spacy.tokens.DocBin(docs=docs).to_disk(path)
    assert read(path) == ("spaCy's DocBin", "text", {"two": [("Marsa", "GPE", 1.0)], "one": [("Darna", "GPE", 1.0)]})
    path.write_bytes(path.read_bytes()[:50])
    assert error_of(path).startswith("not a DocBin that can be read (")


def test_lists_of_other_tools(tmp_path: Path) -> None:
    doccano = [{"id": 7, "text": FIRST, "label": [[15, 20, "Place"]]}, {"id": 8, "text": SECOND, "label": []}]
    found = {"one": [("Darna", "Place", 1.0)], "two": []}
    assert read(written(tmp_path, doccano, "p.jsonl")) == ("lists of mentions", "text", found)
    prodigy = [{"text": FIRST, "spans": [{"start": 15, "end": 20, "label": "Place"}], "answer": "accept"}]
    assert read(written(tmp_path, prodigy, "p.jsonl"))[1:] == ("text", {"one": found["one"]})


def test_offsets_in_a_text_with_cr_lf_are_moved_to_the_stored_form(tmp_path: Path) -> None:
    stored = Article("x", "Rebels\nshelled\nDarna")
    row = {"text": "Rebels\r\nshelled\r\nDarna", "entities": [{"start": 17, "end": 22, "label": "Place", "score": 1}]}
    assert read(written(tmp_path, [row]), [stored])[2] == {"x": [("Darna", "Place", 1.0)]}


def test_texts_of_other_articles_are_passed_over_and_counted(tmp_path: Path) -> None:
    rows = [{"id": "other", "entities": [PLACE]}, {"id": "one", "entities": [PLACE]}]
    path = written(tmp_path, rows)
    found = read_library_predictions(path, sample_of([path]), ARTICLES)
    assert found.line() == (
        "read as GLiNER: 1 mention in 1 text, tied to articles by id; 1 more of no article of the gold"
    )


def test_the_same_text_twice_gets_a_list_each(tmp_path: Path) -> None:
    articles = [Article("a", FIRST), Article("b", FIRST)]
    rows = [{"text": FIRST, "entities": [PLACE]}, {"text": FIRST, "entities": []}]
    assert read(written(tmp_path, rows), articles)[2] == {"a": DARNA, "b": []}


def test_blanks_at_the_ends_are_no_part_of_a_mention(tmp_path: Path) -> None:
    row = [{"start": 14, "end": 20, "label": "Place", "score": 0.9}]
    assert read(written(tmp_path, [row, []]))[2] == {"one": DARNA, "two": []}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            [[PLACE]],
            "mentions of 1 text, the gold has 2 articles; list every article in the order of the gold, or give each list its "
            'article\'s id: {"id": ..., "entities": [...]}',
        ),
        (
            [[TOWN], [PLACE]],
            "item 1: article one: the mention [19, 28) is 'a on Mond', the file says 'N’Djaména'; was another text predicted, "
            "or are the lists in another order than the articles? Give each list its article's id",
        ),
        (
            [PIPELINE[1], PIPELINE[0]],
            "item 1: article one: the mention [19, 28) is 'a on Mond', the file says 'n ’ djamena'; was another text predicted, "
            "or are the lists in another order than the articles? Give each list its article's id",
        ),
        (
            [{"text": "Nothing of this.", "entities": [PLACE]}],
            "not one of its 1 text is that of an article of the gold, the first is 'Nothing of this.'; predict the texts of "
            "the gold, or give each list its article's id",
        ),
        (
            [{"id": 1, "entities": [PLACE]}, {"id": 2, "entities": []}],
            "its ids are those of no article of the gold, the first is '1'; give each list the id of its article ('one', ...)",
        ),
        (
            [{"id": "one", "entities": [PLACE]}, {"id": "one", "entities": []}],
            "item 2: article 'one' stands in item 1 already; one list an article",
        ),
        (
            [{"id": "one", "text": SECOND, "entities": [PLACE]}],
            "item 1: article one: the file's text is another, it begins with '🔥 Calm returned to N’Djaména and Marsa.'",
        ),
        (
            [[PLACE | {"end": 99}], []],
            "item 1: article one: the mention [15, 99) does not lie in its text of 50 characters; offsets are code points, end "
            "exclusive",
        ),
        (
            [[{"entity_group": "Place", "score": 0.9, "word": "darna", "start": None, "end": None}], []],
            "item 1: article one: a mention without offsets ('darna'); predict with a fast tokenizer, which gives start and end",
        ),
        (
            [[PLACE | {"start": "15"}], []],
            "item 1: article one: the mention ['15', 20): offsets must be whole numbers (code points)",
        ),
        (
            [[PLACE | {"score": 7}], []],
            "item 1: article one: the mention [15, 20) has the score 7; it must lie between 0 and 1",
        ),
        (
            [[PLACE], *[[]] * 30, {"what": 1}],
            "item 32 lists no mentions as the first does; a list of mentions a text is needed, each with start, end and label",
        ),
    ],
)
def test_what_does_not_fit_is_one_line_with_the_way_out(tmp_path: Path, content: Any, message: str) -> None:
    assert error_of(written(tmp_path, content)) == message


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    ontology = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))
    gold = [
        AnnotatedArticle(ARTICLES[0], (Span("1", 0, 6, "Actor"), Span("2", 15, 20, "Place")), ontology.labels),
        AnnotatedArticle(ARTICLES[1], (Span("1", 19, 28, "Place"), Span("2", 33, 38, "Place")), ontology.labels),
    ]
    entries = [Entry("test", one, [one]) for one in gold]
    write_dataset(tmp_path / "ds", entries, ontology, ConversionReport(), gold_policy="test", inputs={})
    return tmp_path


def test_eval_reads_them_and_says_so_in_one_line(here: Path) -> None:
    written(here, GLINER, "p.jsonl")
    code, _, stderr = run("eval", "--dataset", "ds", "--predictions", "p.jsonl", "--json", "r.json")
    assert (code, stderr) == (0, "p.jsonl: read as GLiNER: 2 mentions in 2 texts, tied to articles by order\n")
    report = json.loads(Path("r.json").read_text())
    assert (report["exact"]["micro"]["correct"], report["exact"]["micro"]["support"]) == (2, 4)
    assert report["model"]["name"] == "p"


def test_other_labels_are_told_and_a_class_map_works_on_them(here: Path) -> None:
    written(here, [[{**PLACE, "label": "GPE"}], [{**TOWN, "label": "LOC"}]], "p.json")
    arguments = ("eval", "--dataset", "ds", "--predictions", "p.json", "--json", "r.json")
    assert (
        "p.json: none of its labels (GPE, LOC) is one of the gold (Actor, Place); --class-map says which class each is"
        in run(*arguments)[2]
    )
    Path("map.yaml").write_text("gold: {Place: Place}\npredicted: {GPE: Place, LOC: Place}\n")
    code, _, stderr = run(*arguments, "--class-map", "map.yaml")
    assert code == 0 and "none of its labels" not in stderr
    assert json.loads(Path("r.json").read_text())["exact"]["micro"]["correct"] == 2


def test_compare_reads_them_and_names_the_same_predictions_as_eval_does(here: Path) -> None:
    written(here, GLINER, "a.jsonl")
    written(here, [GLINER[0], []], "b.json")
    Path("map.yaml").write_text("gold: {Place: Town}\npredicted: {Place: Town}\n")
    on = ("--dataset", "ds", "--class-map", "map.yaml", "--resamples", "20")
    code, _, stderr = run("compare", "a.jsonl", "b.json", *on, "--rounds", "20", "--json", "c.json")
    assert code == 0 and "b.json: read as GLiNER: 1 mention in 2 texts, tied to articles by order" in stderr
    assert run("eval", "--predictions", "a.jsonl", *on, "--json", "r.json")[0] == 0
    (compared,) = json.loads(Path("c.json").read_text())["first"]["runs"]
    assert compared["predictions_sha256"] == json.loads(Path("r.json").read_text())["predictions_sha256"]


def test_they_are_no_gold(here: Path) -> None:
    written(here, GLINER, "p.json")
    code, _, stderr = run("eval", "--gold-file", "p.json", "--predictions", "p.json")
    assert (code, stderr) == (
        1,
        "Error: p.json: a predictions file is no gold; name it with --predictions (people's annotations: convert)\n",
    )


def spans_of(path: Path, gold: str = "gold.txt") -> list[tuple[str, Spans]]:
    options = Options()
    read_as_gold = read_gold(CASES / gold, options)
    texts = {a.article.id: a.article.text for a in read_as_gold.articles}
    return [
        (p.id, [(texts[p.id][m.start : m.end], m.label, m.confidence) for m in p.mentions])
        for p in read_system(path, read_as_gold, options)
    ]


def test_the_pipeline_file_of_the_cases(tmp_path: Path) -> None:
    assert kind_of(CASES / "hf-pipeline.json") == "library"
    one = tmp_path / "gold.txt"
    one.write_text((CASES / "gold.txt").read_text().split("\n\n")[0] + "\n")
    assert spans_of(CASES / "hf-pipeline.json", str(one)) == [("gold-00001", [("Darna", "Place", 0.99)])]
    with pytest.raises(EventCorpusError, match="mentions of 1 text, the gold has 2 articles"):
        spans_of(CASES / "hf-pipeline.json")


def test_the_gliner_file_of_the_cases() -> None:
    assert kind_of(CASES / "gliner.jsonl") == "library"
    assert read(CASES / "gliner.jsonl") == ("GLiNER", "text", {"one": DARNA})
    with pytest.raises(
        EventCorpusError, match=r"not one of its 1 text is that of an article of the gold, the first is 'Reb"
    ):
        spans_of(CASES / "gliner.jsonl")


def test_printed_python_is_no_json(here: Path) -> None:
    Path("p.json").write_text("[[{'entity_group': 'Place', 'score': np.float32(0.99), 'start': 15, 'end': 20}], []]\n")
    code, _, stderr = run("eval", "--dataset", "ds", "--predictions", "p.json")
    assert (code, stderr) == (
        1,
        "Error: p.json: Python's own notation, not JSON; write it with json.dump(found, file, default=float), which takes numpy's "
        "numbers too\n",
    )


def test_scores_of_our_own_file_are_called_confidence() -> None:
    gold = read_gold(CASES / "gold.txt", Options())
    with pytest.raises(EventCorpusError) as error:
        read_system(CASES / "ours-score.jsonl", gold, Options())
    assert str(error.value).endswith(
        "line 1: unknown key 'mentions.0.score'; there are start, end, label, text, confidence, id, attributes, "
        "attribute_confidences; a mention's score is called confidence here"
    )


def test_json_lines_of_another_kind_say_what_to_write() -> None:
    gold = read_gold(CASES / "gold.txt", Options())
    with pytest.raises(EventCorpusError) as error:
        read_system(CASES / "ner-docs.jsonl", gold, Options())
    assert re.search("make a dataset of it first|its first line has the keys tokens, ner_tags; write", str(error.value))


def test_a_file_of_another_format_is_told_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "muc.jsonl"
    path.write_text('{"docid": "DEV-1", "doctext": "Rebels left.", "templates": []}\n')
    with pytest.raises(EventCorpusError) as error:
        read_system(path, read_gold(CASES / "gold.txt", Options()), Options())
    assert str(error.value) == (
        f"{path}: this is MUC-4 in the JSON lines of GTT; make a dataset of it first (eventcorpus convert {path} --from muc4 "
        "--out DIR) and name DIR here"
    )
