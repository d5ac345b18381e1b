"""Exports: what each format holds, what is counted, and that nothing is half-written or overwritten."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import pytest

from cli_runner import run
from eventcorpus.annotation.assemble import annotated_article
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.export import EXPORTS, export
from eventcorpus.dataset.folder import Entry, TextPolicy, write_dataset
from eventcorpus.errors import InputError, OutputError
from eventcorpus.ontology import parse_ontology
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span
from eventcorpus.text import stored_form

ONTOLOGY = parse_ontology(
    {
        "name": "mini",
        "version": "1.0.0",
        "flat": False,
        "triggers": [{"name": "Shelling"}],
        "entities": [{"name": "Actor"}, {"name": "Place"}, {"name": "Money amount"}],
        "roles": [
            {"name": "agent", "signatures": [{"to": ["Actor"]}]},
            {"name": "near"},
            {"name": "same_event", "joins_events": True, "signatures": [{"to": "same"}]},
        ],
        "attributes": [
            {"name": "modality", "of": "triggers", "values": [{"name": "actual"}, {"name": "not sure"}]},
            {"name": "note", "of": ["Actor", "Place"], "multiple": True},
            {"name": "pieces", "of": ["Actor"]},
        ],
    },
    place="test",
)
TEXT = "Rebels of Kalo shelled Kafr. They shelled on."
SPANS = (
    Span("1:a", 0, 14, "Actor", (("note", "who?"), ("note", "which\nones?"))),
    Span("1:b", 10, 14, "Place"),
    Span("1:c", 15, 22, "Shelling", (("modality", "not sure"),)),
    Span("1:d", 23, 27, "Place"),
    Span("1:e", 34, 41, "Shelling", (("modality", "actual"),)),
)
ROLES = (
    Role("agent", "1:c", "1:a"), Role("near", "1:c", "1:b"), Role("near", "1:c", "1:d"), Role("near", "1:d", "1:b"),
    Role("same_event", "1:e", "1:c"),
)  # fmt: skip
ONE = annotated_article(Article("one", TEXT, title="Shells"), SPANS, ROLES, ONTOLOGY)
EMPTY = annotated_article(Article("two", "All quiet."), (), (), ONTOLOGY)


def dataset(
    folder: Path,
    *entries: tuple[str, AnnotatedArticle],
    text: TextPolicy = "all",
    others: tuple[AnnotatedArticle, ...] = (),
) -> Path:
    made = [Entry(split, gold, [gold, *(other for other in others if other.article.id == gold.article.id)])
            for split, gold in entries]  # fmt: skip
    write_dataset(folder, made, ONTOLOGY, ConversionReport(), gold_policy="made", inputs={}, text=text)
    return folder


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return dataset(tmp_path / "ds", ("train", ONE), ("test", EMPTY))


def report(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "loss_report.json").read_text())
    return content


def names(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def test_conll_has_words_and_tags_and_counts_what_one_layer_cannot_hold(made: Path, tmp_path: Path) -> None:
    exported = export(made, tmp_path / "out", to="conll")
    assert exported.sizes == {"train": 1, "test": 1}
    assert names(tmp_path / "out") == ["loss_report.json", "test.conll", "train.conll"]
    assert (tmp_path / "out/train.conll").read_text() == (
        "-DOCSTART- O\n\nRebels B-Actor\nof I-Actor\nKalo I-Actor\nshelled B-Shelling\nKafr B-Place\n. O\n\n"
        "They O\nshelled B-Shelling\non O\n. O\n\n"
    )
    assert (tmp_path / "out/test.conll").read_text() == "-DOCSTART- O\n\nAll O\nquiet O\n. O\n\n"
    told = report(tmp_path / "out")
    assert told["articles"]["reasons"] == {
        "repaired: without title, white space": 1,
        "repaired: without white space": 1,
    }
    assert told["spans"]["reasons"] == {"refused: overlaps Actor, and one layer of tags holds one of them": 1}
    assert told["roles"]["reasons"] == {"refused: the format has no roles": 5}
    assert told["attributes"]["reasons"] == {"refused: the format has no attributes": 4}
    assert told["notes"] == {
        "articles whose id is not written: they stand in the order of the dataset": 2,
        "events of several triggers, which only roles join": 1,
        "label 'Money amount' is written Money_amount": 1,
    }
    assert told["items"][0]["item"] == "Place 'Kalo' [10, 14)"


def test_text_that_is_words_joined_by_blanks_comes_back_as_it_is(tmp_path: Path) -> None:
    tokenized = annotated_article(Article("x", "No . 2 fell\nCalm ."), (Span("1", 0, 6, "Place"),), (), ONTOLOGY)
    told = export(dataset(tmp_path / "ds", ("train", tokenized)), tmp_path / "out", to="conll", strict=True)
    assert told.report.items == []
    assert (tmp_path / "out/train.conll").read_text() == (
        "-DOCSTART- O\n\nNo B-Place\n. I-Place\n2 I-Place\nfell O\n\nCalm O\n. O\n\n"
    )


def test_a_mention_is_never_cut_by_the_end_of_a_sentence(tmp_path: Path) -> None:
    text = "They fled St. Mary\nHospital. It fell."
    article = annotated_article(Article("x", text), (Span("1", 10, 27, "Place"),), (), ONTOLOGY)
    export(dataset(tmp_path / "ds", ("train", article)), tmp_path / "out", to="conll")
    sentences = (tmp_path / "out/train.conll").read_text().split("\n\n")
    assert sentences[1].split("\n") == [
        "They O", "fled O", "St B-Place", ". I-Place", "Mary I-Place", "Hospital I-Place", ". O",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spans", "tags", "reasons"),
    [
        ([(0, 3)], "B", {"repaired: begins or ends inside a word: the whole of it": 1}),
        (
            [(0, 3), (3, 6)], "B",
            {"repaired: begins or ends inside a word: the whole of it": 1, "refused: every word of it is another span's": 1},
        ),
    ],
)  # fmt: skip
def test_a_span_of_parts_of_words_is_widened_and_counted(
    tmp_path: Path, spans: list[tuple[int, int]], tags: str, reasons: dict[str, int]
) -> None:
    made = [Span(f"{n}", start, end, "Place") for n, (start, end) in enumerate(spans)]
    article = annotated_article(Article("x", "Kaloan"), made, (), ONTOLOGY)
    export(dataset(tmp_path / "ds", ("train", article)), tmp_path / "out", to="conll")
    assert (tmp_path / "out/train.conll").read_text() == f"-DOCSTART- O\n\nKaloan {tags}-Place\n\n"
    assert report(tmp_path / "out")["spans"]["reasons"] == reasons


def test_brat_has_texts_spans_events_relations_attributes_and_notes(made: Path, tmp_path: Path) -> None:
    export(made, tmp_path / "out", to="brat")
    assert names(tmp_path / "out") == [
        "annotation.conf", "loss_report.json", "test/two.ann", "test/two.txt", "train/one.ann", "train/one.txt",
    ]  # fmt: skip
    assert (tmp_path / "out/train/one.txt").read_text() == TEXT
    assert (tmp_path / "out/train/one.ann").read_text() == (
        "T1\tActor 0 14\tRebels of Kalo\nT2\tPlace 10 14\tKalo\nT3\tShelling 15 22\tshelled\nT4\tPlace 23 27\tKafr\n"
        "T5\tShelling 34 41\tshelled\n"
        "E1\tShelling:T3 agent:T1 near:T2 near2:T4\nE2\tShelling:T5 same_event:E1\n"
        "R1\tnear Arg1:T4 Arg2:T2\n"
        "A1\tmodality E1 not sure\nA2\tmodality E2 actual\n"
        "#1\tnote T1\twho?\n#2\tnote T1\twhich ones?\n"
    )
    assert (tmp_path / "out/test/two.ann").read_text() == ""
    assert (tmp_path / "out/annotation.conf").read_text() == (
        "[entities]\nActor\nPlace\nMoney_amount\n"
        "\n[relations]\n<OVERLAP>\tArg1:<ANY>, Arg2:<ANY>, <OVL-TYPE>:<ANY>\nnear\tArg1:<ANY>, Arg2:<ANY>\n"
        "\n[events]\nShelling\tagent*:Actor, near*:<ANY>, same_event*:Shelling\n"
        "\n[attributes]\nmodality\tArg:<EVENT>, Value:actual|not sure\n"
    )
    told = report(tmp_path / "out")
    assert told["spans"]["kept"] == 5 and told["roles"]["kept"] == 5
    assert told["articles"]["reasons"] == {"repaired: without title": 1}
    assert told["attributes"]["reasons"] == {"repaired: blanks for its line breaks and at its edges": 1}


def test_a_span_in_pieces_is_discontinuous_in_brat(tmp_path: Path) -> None:
    span = Span("1", 0, 11, "Actor", (("pieces", "0 4;9 11"),))
    wrong = Span("2", 5, 8, "Actor", (("pieces", "0 4;9 11"),))
    article = annotated_article(Article("x", "Kalo and\u2028us."), (span, wrong), (), ONTOLOGY)
    export(dataset(tmp_path / "ds", ("train", article)), tmp_path / "out", to="brat")
    assert (tmp_path / "out/train/x.ann").read_text() == (
        "T1\tActor 0 4;9 11\tKalo us\nT2\tActor 5 8\tand\n#1\tpieces T2\t0 4;9 11\n"
    )


@pytest.mark.parametrize(
    ("article_id", "name"),
    [
        ("a/b", "a/b"),
        ("train/a", "a"),
        ("../a", "%2E./a"),
        ("/etc/a", "%2Fetc%2Fa"),
        (".a", "%2Ea"),
        ("a b?", "a%20b%3F"),
        ("ü", "ü"),
        ("x" * 300, "x" * 40 + "-98e3a8b7e9d6"),
    ],
)
def test_an_id_that_is_no_file_name_is_made_one(tmp_path: Path, article_id: str, name: str) -> None:
    article = replace(ONE, article=replace(ONE.article, id=article_id))
    export(dataset(tmp_path / "ds", ("train", article)), tmp_path / "out", to="brat")
    (text,) = [file for file in names(tmp_path / "out") if file.endswith(".txt")]
    assert text.removesuffix(".txt").split("-")[0] == f"train/{name}".split("-")[0]
    assert (tmp_path / "out").resolve() in (tmp_path / "out" / text).resolve().parents


def test_ids_that_differ_in_capitals_have_files_of_their_own(tmp_path: Path) -> None:
    first, second = (replace(ONE, article=replace(ONE.article, id=id_)) for id_ in ("A", "a"))
    export(dataset(tmp_path / "ds", ("train", first), ("train", second)), tmp_path / "out", to="brat")
    assert len({name.casefold() for name in names(tmp_path / "out") if name.endswith(".txt")}) == 2


def test_tokens_and_ner_tags_open_with_datasets(made: Path, tmp_path: Path) -> None:
    export(made, tmp_path / "out", to="hf-tokens")
    opened = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in opened.items()} == {"train": 1, "test": 1}
    row = opened["train"][0]
    tags = opened["train"].features["ner_tags"].feature
    assert row["id"] == "one" and row["text"] == TEXT and row["title"] == "Shells"
    assert row["tokens"] == ["Rebels", "of", "Kalo", "shelled", "Kafr", ".", "They", "shelled", "on", "."]
    assert [tags.int2str(tag) for tag in row["ner_tags"]] == [
        "B-Actor", "I-Actor", "I-Actor", "B-Shelling", "B-Place", "O", "O", "B-Shelling", "O", "O",
    ]  # fmt: skip
    assert tags.names[-2:] == ["B-Money amount", "I-Money amount"]
    assert report(tmp_path / "out")["articles"]["kept"] == 2


def test_spacy_has_every_span_and_the_text_as_it_is(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    text = stored_form(" Pro-Kalo\t men\u00a0of \n\nZürn🔥  ").text
    spans = (Span("1", 1, 13, "Actor"), Span("2", 5, 9, "Place"), Span("3", 21, 22, "Place"))
    article = annotated_article(Article("x", text, title="T", metadata={"n": [10**20]}), spans, (), ONTOLOGY)
    export(dataset(tmp_path / "ds", ("validation", article)), tmp_path / "out", to="spacy")
    documents = spacy.tokens.DocBin().from_disk(tmp_path / "out/validation.spacy")
    (doc,) = documents.get_docs(spacy.blank("en").vocab)
    assert doc.text == text
    assert [(s.start_char, s.end_char, s.label_) for s in doc.spans["sc"]] == [
        (span.start, span.end, span.label) for span in spans
    ]
    assert [(s.text, s.label_) for s in doc.ents] == [("Pro-Kalo\t men"[:12], "Actor"), (text[21:22], "Place")]
    assert doc.user_data["article"] == {"id": "x", "title": "T", "metadata": '{"n": [100000000000000000000]}'}


@pytest.mark.parametrize(
    "user_data",
    [{"article": "x"}, {"article": {"metadata": "no JSON"}}, {"article": {1: 2}}, {("._.", "a", None, None): [1]}],
)
def test_user_data_of_others_is_no_article_of_ours(tmp_path: Path, user_data: Any) -> None:
    spacy = pytest.importorskip("spacy")
    doc = spacy.blank("en")("Rebels left.")
    doc.ents = [spacy.tokens.Span(doc, 0, 1, label="Actor")]
    doc.user_data.update(user_data)
    spacy.tokens.DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "x.spacy")
    code, stdout, _ = run("convert", str(tmp_path / "x.spacy"), "--out", str(tmp_path / "ds"))
    assert (code, stdout[:10]) == (0, "1 article ")


def test_a_format_whose_library_is_not_installed_names_the_extra(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventcorpus.dataset.formats.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"--to spacy needs the library spacy: pip install 'eventcorpus\[spacy\]'"):
        export(made, tmp_path / "out", to="spacy")


# the command ---------------------------------------------------------------------------------------------------------


def test_the_command_says_what_was_lost(made: Path, tmp_path: Path) -> None:
    code, stdout, stderr = run("export", str(made), "--to", "conll", "--out", str(tmp_path / "out"))
    assert (code, stdout) == (0, f"2 articles in {tmp_path / 'out'} (train 1, test 1)\n")
    assert stderr.splitlines() == [
        "2 of 2 articles (2 repaired), 4 of 5 spans (1 refused), 0 of 5 roles (5 refused), 0 of 4 attributes (4 refused)",
        "1 article repaired: without title, white space",
        "1 article repaired: without white space",
        "1 span refused: overlaps Actor, and one layer of tags holds one of them",
        "5 roles refused: the format has no roles",
        "4 attributes refused: the format has no attributes",
        "articles whose id is not written: they stand in the order of the dataset (2)",
        "events of several triggers, which only roles join (1)",
        "label 'Money amount' is written Money_amount (1)",
        f"every item with its reason: {tmp_path / 'out' / 'loss_report.json'}",
    ]


@pytest.mark.parametrize("to", ["conll", "brat", "hf-tokens"])
def test_strict_fails_on_any_loss_and_writes_nothing(made: Path, tmp_path: Path, to: str) -> None:
    code, stdout, stderr = run("export", str(made), "--to", to, "--out", str(tmp_path / "out"), "--strict")
    assert (code, stdout) == (1, "")
    assert stderr.startswith("Error: --strict: ") and len(stderr.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ds"]


def test_strict_passes_where_the_format_holds_all(tmp_path: Path) -> None:
    article = replace(ONE, article=Article("one", TEXT), spans=tuple(replace(span, attributes=()) for span in SPANS))
    exported = export(dataset(tmp_path / "ds", ("train", article)), tmp_path / "out", to="brat", strict=True)
    assert exported.report.summary() == "1 of 1 article, 5 of 5 spans, 5 of 5 roles, 0 of 0 attributes"


def test_one_split_and_one_annotator(tmp_path: Path) -> None:
    second = replace(ONE, spans=ONE.spans[:1], roles=(), events=(), annotator="a2")
    folder = dataset(tmp_path / "ds", ("train", ONE), ("test", EMPTY), others=(second,))
    exported = export(folder, tmp_path / "out", to="conll", splits=["train"], annotator="a2")
    assert exported.sizes == {"train": 1} and exported.report.counts("spans")["in"] == 1
    assert names(tmp_path / "out") == ["loss_report.json", "train.conll"]
    assert (report(tmp_path / "out")["to"], report(tmp_path / "out")["annotator"]) == ("conll", "a2")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"splits": ["dev"]}, r"ds: no split 'dev'; there are train, test"),
        ({"annotator": "a7"}, r"ds: no annotation by 'a7'; there are gold, a1"),
        ({"to": "conl"}, r"there is no format 'conl' to export to; did you mean 'conll'"),
    ],
)
def test_what_is_not_there_is_named(made: Path, tmp_path: Path, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        export(made, tmp_path / "out", **({"to": "conll"} | arguments))
    assert not (tmp_path / "out").exists()


def test_articles_without_their_text_are_refused_with_all_that_is_in_them(tmp_path: Path) -> None:
    licensed = replace(EMPTY, article=replace(EMPTY.article, licence="CC0"))
    folder = dataset(tmp_path / "ds", ("train", ONE), ("test", licensed), text="licensed")
    counts = {
        kind: export(folder, tmp_path / "out", to="brat").report.counts(kind) for kind in ("articles", "spans", "roles")
    }
    assert {kind: (n["in"], n["refused"]) for kind, n in counts.items()} == {
        "articles": (2, 1), "spans": (5, 5), "roles": (5, 5)
    }  # fmt: skip


def test_a_dataset_without_any_text_is_an_error_with_the_way_out(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "ds", ("train", ONE), text="none")
    with pytest.raises(InputError, match=r"no article has its text; put the text back with: eventcorpus join"):
        export(folder, tmp_path / "out", to="brat")


def test_an_export_is_replaced_and_nothing_else_is(made: Path, tmp_path: Path) -> None:
    export(made, tmp_path / "out", to="conll")
    first = {name: (tmp_path / "out" / name).read_bytes() for name in names(tmp_path / "out")}
    export(made, tmp_path / "out", to="conll")
    assert {name: (tmp_path / "out" / name).read_bytes() for name in names(tmp_path / "out")} == first
    export(made, tmp_path / "out", to="brat")
    assert "train.conll" not in names(tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("mine")
    for taken in (tmp_path / "mine", made):
        with pytest.raises(OutputError, match="exists and was not written by this command"):
            export(made, taken, to="conll")


def test_every_export_is_described() -> None:
    for name, format_ in EXPORTS.items():
        assert format_.title and format_.files and format_.kept and format_.lost and format_.use
        assert format_.example.startswith(f"eventcorpus export dataset --to {name} --out ")


@pytest.mark.parametrize("to", ["conll", "brat", "hf-tokens"])
def test_exports_are_told_without_being_named(made: Path, tmp_path: Path, to: str) -> None:
    from eventcorpus.dataset.formats import FORMATS, format_of

    expected = {"hf-tokens": "huggingface"}.get(to, to)
    if expected not in FORMATS:
        pytest.skip(f"convert does not read {expected}")
    export(made, tmp_path / "out", to=to)
    assert format_of([tmp_path / "out"]) == expected
