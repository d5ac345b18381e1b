"""Tokens and tags of Hugging Face as people have them: names of numbers, columns, schemes, splits."""

import itertools
import json
import struct
from pathlib import Path
from typing import Any

import datasets
import pytest
from datasets import ClassLabel, Features, List, Value

from cli_runner import run
from eventcorpus.annotation.assemble import assemble
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import read_dataset
from eventcorpus.dataset.formats import format_of
from eventcorpus.errors import InputError
from eventcorpus.formats.huggingface import read_huggingface
from eventcorpus.schema import AnnotatedArticle

CASES = Path(__file__).parents[1] / "fixtures" / "cases" / "22-hf"
NAMES = ["O", "B-Actor", "I-Actor", "B-Date", "I-Date", "B-Place", "I-Place"]
WORDS = ["Rebels", "shelled", "Darna"]


def lines(path: Path, *rows: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read(
    *paths: Path, refuse: bool = False, **options: Any
) -> tuple[list[tuple[str, AnnotatedArticle]], ConversionReport]:
    report = ConversionReport(refuse)
    return list(assemble(read_huggingface(paths, **options), None, report).articles), report


def spans(annotated: AnnotatedArticle) -> list[tuple[str, str]]:
    return [(annotated.article.text[span.start : span.end], span.label) for span in annotated.spans]


def saved(rows: dict[str, list[Any]]) -> datasets.Dataset:
    features = Features(
        {"id": Value("string"), "tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=NAMES))}
    )
    return datasets.Dataset.from_dict(rows, features=features)


ROWS = {"id": ["0", "1"], "tokens": [WORDS, ["Calm", "."]], "ner_tags": [[1, 0, 5], [0, 0]]}


def test_tokens_with_tags_are_spans() -> None:
    [(_, article)], report = read(CASES / "train.jsonl")
    assert article.article.id == "0" and article.article.text == "Rebels shelled Darna on Monday , killing 12 people ."
    assert spans(article) == [("Rebels", "Actor"), ("Darna", "Place"), ("Monday", "Date"), ("12", "Count")]
    assert not report.items


def test_numbers_without_names_are_an_error_that_names_the_way_out() -> None:
    with pytest.raises(InputError) as error:
        read(CASES / "ints.jsonl")
    assert str(error.value) == (
        f"{CASES / 'ints.jsonl'}: ner_tags holds numbers (0, 1, 5), and nothing says what they are called; name them in "
        "their order with --tag-names O,B-PER,I-PER or --tag-names FILE (a name a line), or put the dataset's "
        "dataset_info.json beside the file"
    )


def test_names_of_numbers_are_given_as_an_option_or_a_file(tmp_path: Path) -> None:
    files = {"names.txt": "\n".join(NAMES), "names.json": json.dumps(NAMES), "map.json": json.dumps({n: i for i, n in enumerate(NAMES)}),
             "config.json": json.dumps({"id2label": {str(i): n for i, n in enumerate(NAMES)}})}  # fmt: skip
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    for given in (",".join(NAMES), *(str(tmp_path / name) for name in files)):
        [(_, article)], _ = read(CASES / "ints.jsonl", tag_names=given)
        assert spans(article) == [("Rebels", "Actor"), ("Darna", "Place")]
    code, _, err = run(
        "convert", str(CASES / "ints.jsonl"), "--tag-names", ",".join(NAMES), "--out", str(tmp_path / "out"), "--strict"
    )
    assert code == 0 and "words in tokens, tags in ner_tags (IOB2)" in err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("dataset_info.json", json.dumps({"features": {"ner_tags": {"feature": {"names": NAMES, "_type": "ClassLabel"}, "_type": "Sequence"}}})),
        ("dataset_infos.json", json.dumps({"default": {"features": {"ner_tags": {"feature": {"num_classes": 7, "names": NAMES, "_type": "ClassLabel"}}}}})),
        ("README.md", "---\ndataset_info:\n  features:\n  - name: ner_tags\n    sequence:\n      class_label:\n        names:\n"
         + "".join(f"          '{i}': {n}\n" for i, n in enumerate(NAMES)) + "---\n# A dataset\n"),
        ("label2id.json", json.dumps({name: number for number, name in enumerate(NAMES)})),
        ("labels.txt", "\n".join(NAMES)),
        ("ner_tags.txt", "\n".join(NAMES)),
    ],
)  # fmt: skip
def test_names_of_numbers_are_found_beside_the_file(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    lines(tmp_path / "data" / "train.jsonl", json.loads((CASES / "ints.jsonl").read_text()))
    [(_, article)], _ = read(tmp_path)
    assert spans(article) == [("Rebels", "Actor"), ("Darna", "Place")]
    assert format_of([tmp_path]) == "huggingface"


@pytest.mark.parametrize("name", ["label.json", "label_list.json", "classes.txt"])
def test_a_folder_is_told_where_a_list_of_names_is_its_first_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(
        json.dumps({name: n for n, name in enumerate(NAMES)}) if "json" in name else "\n".join(NAMES)
    )
    lines(tmp_path / "train.json", json.loads((CASES / "ints.jsonl").read_text()))
    assert format_of([tmp_path]) == "huggingface"
    [(_, article)], _ = read(tmp_path)
    assert spans(article) == [("Rebels", "Actor"), ("Darna", "Place")]


def test_a_column_beside_them_can_say_what_numbers_are_called(tmp_path: Path) -> None:
    row = {"tokens": WORDS, "ner_tags": [1, 0, 5], "ner_tags_names": ["B-Actor", "O", "B-Place"]}
    [(_, article)], report = read(lines(tmp_path / "x.jsonl", row))
    assert spans(article) == [("Rebels", "Actor"), ("Darna", "Place")] and not report.items


def test_a_number_beyond_the_names_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"row 1: ner_tags has the number 5, and there are 2 names: O, B-Actor; --refuse"
    ):
        read(CASES / "ints.jsonl", tag_names="O,B-Actor")
    path = lines(tmp_path / "x.jsonl", {"tokens": ["a"], "ner_tags": [9]}, {"tokens": ["b"], "ner_tags": [1]})
    found, report = read(path, tag_names="O,B-Actor", refuse=True)
    assert [spans(a) for _, a in found] == [[("b", "Actor")]] and report.counts("articles")["refused"] == 1


def test_names_are_one_tag_each_whatever_is_in_their_labels(tmp_path: Path) -> None:
    path = lines(tmp_path / "x.jsonl", {"tokens": WORDS, "ner_tags": [1, 0, 2]})
    for names in ("O,Armed group,Town; city", "O,B-Armed group,B-Town; city"):
        [(_, article)], report = read(path, tag_names=names)
        assert spans(article) == [("Rebels", "Armed group"), ("Darna", "Town; city")] and not report.items
    path = lines(tmp_path / "x.jsonl", {"tokens": WORDS, "ner_tags": ["B-Place", "O", "Armed group"]})
    with pytest.raises(InputError, match="the tag 'Armed group' is neither O nor like B-PER"):
        read(path, tag_names="O,Armed group")


def test_a_list_of_names_in_the_folder_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "label_list.json").write_text(json.dumps(NAMES))
    lines(tmp_path / "all.jsonl", json.loads((CASES / "ints.jsonl").read_text()))
    [(_, article)], _ = read(tmp_path)
    assert spans(article) == [("Rebels", "Actor"), ("Darna", "Place")]


def test_parquet_and_arrow_have_names_of_their_own(tmp_path: Path) -> None:
    saved(ROWS).to_parquet(tmp_path / "x.parquet")
    saved(ROWS).save_to_disk(tmp_path / "one")
    for path in (tmp_path / "x.parquet", tmp_path / "one", next((tmp_path / "one").glob("*.arrow"))):
        found, report = read(path)
        assert [(a.article.id, spans(a)) for _, a in found] == [
            ("0", [("Rebels", "Actor"), ("Darna", "Place")]),
            ("1", []),
        ]
        assert not report.items and format_of([path]) == "huggingface"


def test_splits_of_a_saved_dataset_are_splits(tmp_path: Path) -> None:
    data = datasets.DatasetDict(
        {"train": saved(ROWS), "validation": saved(ROWS), "test": saved(ROWS), "extra": saved(ROWS)}
    )
    data.save_to_disk(tmp_path / "in")
    code, out, err = run("convert", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--strict")
    assert code == 0 and "6 articles" in out and "(train 2, validation 2, test 2)" in out, err
    assert "not read: extra/; name them to read them as well" in err
    assert [a.article.id for a in read_dataset(tmp_path / "out").split("test")] == ["test-0", "test-1"]


def test_shards_of_a_split_are_all_read(tmp_path: Path) -> None:
    for n in range(2):
        saved(ROWS).to_parquet(tmp_path / "data" / f"train-0000{n}-of-00002.parquet")
    saved(ROWS).to_parquet(tmp_path / "data" / "test-00000-of-00001.parquet")
    found, _ = read(tmp_path)
    assert [(split, a.article.id) for split, a in found] == [
        ("train", "train-00001"), ("train", "train-00002"), ("train", "train-00003"), ("train", "train-00004"),
        ("test", "test-0"), ("test", "test-1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tags", "title"),
    [
        (["B-Place", "E-Place", "S-Actor"], "IOBES"), (["B-Place", "L-Place", "U-Actor"], "BILOU"),
        (["Place", "Place", "Actor"], "IO"), (["B-Place", "I-Place", "B-Actor"], "IOB2"), (["I-Place", "I-Place", "I-Actor"], "IOB1"),
    ],
)  # fmt: skip
def test_the_scheme_is_told_from_the_tags(tmp_path: Path, tags: list[str], title: str) -> None:
    path = lines(tmp_path / "x.jsonl", {"tokens": ["Khan", "Rimal", "rebels", "fled"], "tags": [*tags, "O"]})
    found = read_huggingface([path])
    report = ConversionReport()
    [(_, article)] = assemble(found, None, report).articles
    assert spans(article) == [("Khan Rimal", "Place"), ("rebels", "Actor")] and not report.items
    assert found.notices == [f"words in tokens, tags in tags ({title}); --columns and --scheme name others"]


def test_every_column_of_tags_is_read_and_others_are_noted(tmp_path: Path) -> None:
    row = {"id": 1, "words": WORDS, "ner_tags_coarse": ["B-Actor", "O", "B-Place"], "ner_tags_fine": ["B-Militia", "O", "B-Town"],
           "pos_tags": ["NNS", "VBD", "NNP"], "lang": "en"}  # fmt: skip
    [(_, article)], report = read(lines(tmp_path / "x.jsonl", row))
    assert spans(article) == [("Rebels", "Actor"), ("Rebels", "Militia"), ("Darna", "Place"), ("Darna", "Town")]
    assert report.notes["column 'pos_tags': not kept"] == 1 and article.article.metadata == {"lang": "en"}
    [(_, article)], _ = read(tmp_path / "x.jsonl", columns="word=words,tag=ner_tags_fine")
    assert spans(article) == [("Rebels", "Militia"), ("Darna", "Town")]
    with pytest.raises(
        InputError, match=r"--columns tag=ner: 'tag=ner' is not word=NAME or tag=NAME with a column of .*: id, words"
    ):
        read(tmp_path / "x.jsonl", columns="tag=ner")


def test_the_text_of_a_row_stands_where_it_is_its_words(tmp_path: Path) -> None:
    row = {"text": "Rebels\nshelled Darna.", "tokens": [*WORDS, "."], "ner_tags": ["B-Actor", "O", "B-Place", "O"]}
    other = {**row, "text": "Something else"}
    found, report = read(lines(tmp_path / "x.jsonl", row, other))
    assert [a.article.text for _, a in found] == ["Rebels\nshelled Darna.", "Rebels shelled Darna ."]
    assert [spans(a) for _, a in found] == [[("Rebels", "Actor"), ("Darna", "Place")]] * 2
    assert report.notes["rows whose text is not their words: words joined by blanks"] == 1


def test_sentences_of_a_row_are_lines(tmp_path: Path) -> None:
    row = {"tokens": [["Calm", "in", "Marsa"], ["Darna", "fell"]], "labels": [["O", "O", "B-Place"], ["B-Place", "O"]]}
    [(_, article)], _ = read(lines(tmp_path / "x.jsonl", row))
    assert article.article.text == "Calm in Marsa\nDarna fell" and spans(article) == [
        ("Marsa", "Place"),
        ("Darna", "Place"),
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"tokens": WORDS, "ner_tags": ["O", "B-X"]}, "row 2: 2 tags in ner_tags for 3 words in tokens"),
        (
            {"tokens": WORDS, "ner_tags": ["O", None, "B-X"]},
            "row 2: ner_tags has 'None', which is neither a tag nor its number",
        ),
        (
            {"tokens": WORDS, "ner_tags": ["O", -100, "B-X"]},
            "row 2: ner_tags has -100 or -1 beside tags: pieces of words",
        ),
        (
            {"tokens": WORDS, "ner_tags": ["O", "what", "B-X"]},
            "row 2: ner_tags: the tag 'what' is neither O nor like B-PER",
        ),
        ({"tokens": "Rebels", "ner_tags": ["O"]}, "row 2: tokens is str, not a list"),
    ],
)
def test_a_row_that_cannot_be_right_is_one_line_or_refused(tmp_path: Path, row: Any, message: str) -> None:
    path = lines(tmp_path / "x.jsonl", {"tokens": WORDS, "ner_tags": ["B-X", "O", "O"]}, row)
    with pytest.raises(InputError) as error:
        read(path)
    assert message in str(error.value) and "--refuse" in str(error.value)
    found, report = read(path, refuse=True)
    assert [spans(a) for _, a in found] == [[("Rebels", "X")]]
    assert report.counts("articles") == {"in": 2, "kept": 1, "repaired": 0, "refused": 1, "out": 1, "flagged": 0}


def test_a_split_with_hidden_tags_is_not_annotated(tmp_path: Path) -> None:
    lines(tmp_path / "train.jsonl", {"tokens": WORDS, "ner_tags": ["B-X", "O", "O"]})
    lines(tmp_path / "test.jsonl", {"tokens": WORDS, "ner_tags": [-1, -1, -1]}, {"tokens": WORDS})
    found, report = read(tmp_path)
    assert [split for split, _ in found] == ["train"] and report.reasons("articles") == {"refused: not annotated": 2}


@pytest.mark.parametrize("name", ["x.parquet", "x.arrow"])
def test_a_damaged_table_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PAR1 this is none")
    with pytest.raises(InputError, match="cannot be read as a table"):
        read(tmp_path / name)


def test_an_offset_outside_of_an_arrow_file_does_not_end_the_process(tmp_path: Path) -> None:
    saved(ROWS).save_to_disk(tmp_path / "saved")
    (file,) = (tmp_path / "saved").glob("*.arrow")
    words = ROWS["tokens"][0]
    offsets = list(itertools.accumulate(map(len, words), initial=0))
    content, place = file.read_bytes(), struct.pack(f"<{len(offsets)}i", *offsets)
    assert place in content
    damaged = struct.pack(f"<{len(offsets)}i", 0, 1 << 30, *offsets[2:])
    file.write_bytes(content.replace(place, damaged))
    with pytest.raises(InputError, match=r"cannot be read as a table \(.*Offset"):
        read(tmp_path / "saved")


@pytest.mark.parametrize("column", ["../names", "9" * 400, "a/b", "x\x00y"])
def test_a_column_is_no_way_to_a_file_elsewhere(tmp_path: Path, column: str) -> None:
    (tmp_path / "names.txt").write_text("O\nB-X\nI-X\n")
    path = lines(tmp_path / "in" / "train.jsonl", {"tokens": WORDS, column: [1, 0, 0], "ner_tags": ["B-X", "O", "O"]})
    found, _ = read(path)
    assert [spans(article) for _, article in found] == [[(WORDS[0], "X")]]
    with pytest.raises(InputError, match="nothing says what they are called"):
        read(
            lines(tmp_path / "in" / "train.jsonl", {"tokens": WORDS, column: [1, 0, 0]}),
            columns=f"word=tokens,tag={column}",
        )
