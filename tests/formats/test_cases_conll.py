"""CoNLL files as people have them, on the command line: what is read of each, what is said, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli_runner import run
from eventcorpus.dataset.folder import read_dataset
from eventcorpus.dataset.formats import format_of
from eventcorpus.errors import InputError

CASES = Path(__file__).parents[1] / "fixtures" / "cases"
Found = list[tuple[str, str, list[tuple[str, str]]]]
MARSA = [("Darna", "LOC"), ("Marsa Bote", "OTH"), ("Marsa", "LOC")]


def converted(tmp_path: Path, *arguments: str) -> tuple[Found, str]:
    """(split, text, spans) of each article with --strict, and what was said."""
    out = tmp_path / "ds"
    code, _, stderr = run("convert", *arguments, "--strict", "--out", str(out))
    assert code == 0, stderr
    found = [
        (split, row.article.text, [(row.article.text[s.start : s.end], s.label) for s in row.spans])
        for split, rows in read_dataset(out).splits.items()
        for row in rows
    ]
    return found, stderr


def refused(*arguments: str) -> str:
    code, _, stderr = run("convert", *arguments)
    assert code == 1
    return stderr.replace(f"{CASES}/", "")


def written(path: Path, content: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8", newline="")
    return str(path)


READ: dict[str, tuple[list[tuple[str, list[tuple[str, str]]]], str]] = {
    # schemes
    "10-conll-bmes/iobes.txt": (
        [("Matches Kourani Rimal Tamberra in North Darna Marsa .", [
            ("Kourani", "MISC"), ("Rimal", "MISC"), ("Tamberra", "MISC"), ("North Darna", "LOC"), ("Marsa", "LOC"),
        ])], "IOBES"),
    "10-conll-bmes/bilou.txt": (
        [("Matches Kourani Rimal in North Darna Old Marsa .", [
            ("Kourani", "MISC"), ("Rimal", "MISC"), ("North Darna", "LOC"), ("Old Marsa", "LOC"),
        ])], "BILOU"),
    "10-conll-bmes/bmes.txt": (
        [("石 木 川 到", [("石 木 川", "NAME")]), ("王 李 来", [("王", "NAME"), ("李", "NAME")])], "BMES"),
    "10-conll-bmes/eb.txt": (
        [("South Tamberran Old Cup", [("South Tamberran", "MISC"), ("Old Cup", "MISC")])], "IOBES"),
    "34-more/iobes-strict.txt": ([("North Darna Marsa fell", [("North Darna", "LOC"), ("Marsa", "LOC")])], "IOBES"),
    "34-more/bilou-strict.txt": ([("North Darna Marsa fell", [("North Darna", "LOC"), ("Marsa", "LOC")])], "BILOU"),
    # columns
    "11-conll-germeval/no-comments.tsv": ([("Gestern in Darna Marsa Bote .", MARSA)], "columns 3 and 4"),
    "11-conll-germeval/with-comments.tsv": ([("Gestern in Darna Marsa Bote .", MARSA)], "words in column 2"),
    "11-conll-germeval/conllu.txt": ([("Wali Omar reiste", [("Omar", "PER")])], "tags in column 10;"),
    "11-conll-germeval/conllu-bare.txt": ([("Wali Omar reiste", [("Omar", "PER")])], "words in column 2"),
    "11-conll-germeval/norne.txt": ([("Wali Omar", [("Omar", "PER")])], "tags in column 10 (name=)"),
    "11-conll-germeval/spaceafter.txt": ([("The Tamberra-based group left.", [("Tamberra", "LOC")])], "column 2"),
    "11-conll-germeval/hash-token.txt": ([("Price of # 5 Rebels", [("Rebels", "ORG")])], "IOB2"),
    "11-conll-germeval/multiconer.txt": (
        [("rebels shelled darna", [("rebels", "GRP"), ("darna", "LOC")]), ("calm", [])], "tags in column 4"),
    "11-conll-germeval/tag-first.bio": (
        [("find by omar salim", [("omar salim", "ACTOR")])], "words in column 2, tags in column 1"),
    "34-more/conll09.txt": ([("Rebels shelled Darna", [("Rebels", "ORG"), ("Darna", "LOC")])], "words in column 2"),
    "34-more/stanford.tsv": ([("Rebels shelled Khan Rimal", [("Rebels", "ORG"), ("Khan Rimal", "LOC")])], "scheme IO "),
    "16-conll-2012/a.v4_gold_conll": (
        [("Rebels shelled Khan Rimal", [("Rebels", "ORG"), ("Khan Rimal", "GPE")])], "CoNLL-2012"),
    # blanks and line ends
    "12-conll-nbsp/space.txt": (
        [("At least 1\u00a0200 people fled Khan\u00a0Rimal .", [("1\u00a0200", "COUNT"), ("Khan\u00a0Rimal", "LOC")])], ""),
    "12-conll-nbsp/tab.txt": (
        [("At least 1\u00a0200 people fled New York .", [("1\u00a0200", "COUNT"), ("New York", "LOC")])], ""),
    "12-conll-nbsp/ideographic.txt": ([("王\u3000明 来", [("王\u3000明", "PER")])], ""),
    "34-more/figure.txt": ([("Rebels held Km\u20079", [("Km\u20079", "LOC")])], ""),
    "34-more/thousands.txt": ([("About 12\u202f500 people fled", [("12\u202f500", "COUNT")])], ""),
    "13-conll-trailing/trailing-tab.txt": ([("Rebels shelled Darna", [("Rebels", "ORG"), ("Darna", "LOC")])], ""),
    "13-conll-trailing/cr-only.txt": ([("Rebels shelled Darna", [("Rebels", "ORG"), ("Darna", "LOC")])], ""),
    "13-conll-trailing/bom-crlf.txt": ([("Rebels shelled\nDarna", [("Rebels", "ORG"), ("Darna", "LOC")])], "column 4"),
    "13-conll-trailing/wnut.txt": (
        [("Rebels shelled", [("Rebels", "group")]), ("Darna", [("Darna", "location")])], ""),
    # tags
    "14-conll-tags/beast.txt": ([("Rebels shelled Darna", [("Rebels", "ORG"), ("Darna", "LOC")])], "(_ for O)"),
    "14-conll-tags/dash-o.txt": ([("Rebels shelled Darna", [("Rebels", "ORG"), ("Darna", "LOC")])], "(- for O)"),
    "14-conll-tags/zero.txt": ([("Rebels shelled Darna", [("Rebels", "ORG"), ("Darna", "LOC")])], "(0 for O)"),
    "14-conll-tags/hyphen.txt": (
        [("Rebels shelled Darna", [("Rebels", "ORG-sub"), ("shelled", "event:attack"), ("Darna", "LOC/GPE")])], ""),
    "14-conll-tags/io.txt": ([("Rebels shelled Khan Rimal", [("Rebels", "ORG"), ("Khan Rimal", "LOC")])], "scheme IO "),
    "14-conll-tags/io-i.txt": ([("Rebels shelled Khan Rimal", [("Rebels", "ORG"), ("Khan Rimal", "LOC")])], "IOB1"),
    "14-conll-tags/lower.txt": ([("Rebels shelled", [("Rebels", "org")])], "IOB2"),
    "14-conll-tags/underscore.txt": ([("Rebels shelled", [("Rebels", "ORG")])], "IOB2"),
    "14-conll-tags/suffix.txt": (
        [("Rebels shelled Khan Rimal", [("Rebels", "ORG"), ("Khan Rimal", "LOC")])], "IOB2 (letters after the label)"),
    "14-conll-tags/multi.txt": ([("Khan Rimal fell", [("Khan Rimal", "FAC"), ("Khan Rimal", "LOC")])], ""),
    "14-conll-tags/multi-semi.txt": ([("Khan Rimal fell", [("Khan Rimal", "FAC"), ("Khan Rimal", "LOC")])], ""),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
def test_a_file_is_told_and_read_without_loss(tmp_path: Path, case: str) -> None:
    articles, said = READ[case]
    found, stderr = converted(tmp_path, str(CASES / case))
    assert found == [("train", text, spans) for text, spans in articles]
    assert "read as CoNLL columns" in stderr
    (how,) = [line for line in stderr.split("\n") if "(--scheme names another)" in line]
    assert said in how


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("12-conll-nbsp/quote.txt", """line 3: ': " O' has 3 columns, the others have 2"""),
        ("12-conll-nbsp/mixed.txt", "line 3: 'New York B-LOC' has 3 columns, the others have 2"),
    ],
)
def test_a_line_with_other_columns_is_named_and_can_be_left_out(tmp_path: Path, case: str, message: str) -> None:
    out = str(tmp_path / "ds")
    assert refused(str(CASES / case), "--out", out) == (
        f"Error: {case}: {message}; only a tab or a blank divides them, which a word cannot have (--refuse leaves such "
        "articles out and counts them)\n"
    )
    whole = written(tmp_path / "x.txt", (CASES / case).read_text() + "\nCalm O\nin O\nMarsa B-LOC\n")
    assert run("convert", whole, "--refuse", "--out", out)[0] == 0
    report = json.loads((tmp_path / "ds" / "loss_report.json").read_text())
    assert (report["articles"]["kept"], report["articles"]["refused"]) == (1, 1)
    assert report["spans"]["in"] == report["spans"]["kept"] + report["spans"]["refused"] == 2
    assert message in report["items"][0]["item"]


def test_tokens_without_text_are_counted(tmp_path: Path) -> None:
    code, _, _ = run("convert", str(CASES / "13-conll-trailing/empty-token.txt"), "--out", str(tmp_path / "ds"))
    report = json.loads((tmp_path / "ds" / "loss_report.json").read_text())
    assert code == 0 and report["notes"] == {"tokens without text": 2}
    assert report["spans"] == {
        "in": 2, "kept": 1, "repaired": 0, "refused": 1, "out": 1, "flagged": 0,
        "reasons": {"refused: nothing but blanks": 1},
    }  # fmt: skip


# folders and several files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["txt", "conll", "bio", "iob", "tsv", "eng"])
def test_the_files_of_a_folder_are_the_splits_that_their_names_say(tmp_path: Path, folder: str) -> None:
    found, stderr = converted(tmp_path, str(CASES / "15-conll-folders" / folder))
    assert found == [
        (split, f"Rebels shelled {name}", [("Rebels", "ORG"), (name, "LOC")])
        for split, name in (("train", "train"), ("validation", "dev"), ("test", "test"))
    ]
    assert ("not read: extra.txt; name them to read them as well" in stderr) == (folder == "txt")


def test_all_files_of_a_split_are_read(tmp_path: Path) -> None:
    found, _ = converted(tmp_path, str(CASES / "15-conll-folders" / "txt2"))
    assert [(split, text) for split, text, _ in found] == [
        ("train", "Rebels"), ("validation", "Marsa"), ("validation", "Darna"),
    ]  # fmt: skip
    found, _ = converted(tmp_path, str(CASES / "34-more" / "fold"))
    assert [(split, text) for split, text, _ in found] == [
        ("train", "train"), ("validation", "dev"), ("validation", "testa"), ("validation", "valid"),
        ("test", "test"), ("test", "testb"),
    ]  # fmt: skip


FILES: dict[str, tuple[list[str], list[str], list[tuple[str, str]], str]] = {
    # files, what is named on the command line, (split, text), what is said
    "words around the split": (
        ["NER-de-train.tsv", "NER-de-dev.tsv", "NER-de-test.tsv"], ["."],
        [("train", "NER-de-train.tsv"), ("validation", "NER-de-dev.tsv"), ("test", "NER-de-test.tsv")], ""),
    "MIT's names": (["engtrain.bio", "engtest.bio"], ["."], [("train", "engtrain.bio"), ("test", "engtest.bio")], ""),
    "a folder a split": (
        ["train/a.conll", "train/b.conll", "dev/a.conll"], ["."],
        [("train", "train/a.conll"), ("train", "train/b.conll"), ("validation", "dev/a.conll")], ""),
    "names that say no split": (
        ["a.conll", "b.conll", "notes.txt"], ["."], [("train", "a.conll"), ("train", "b.conll")], "not read: notes.txt;"),
    "numbered files of a split": (
        ["train_1.txt", "train_2.txt", "test.txt"], ["."],
        [("train", "train_1.txt"), ("train", "train_2.txt"), ("test", "test.txt")], ""),
    "a folder for one split, a file for another": (
        ["train/a.conll", "train/b.conll", "test.conll"], ["."],
        [("train", "train/a.conll"), ("train", "train/b.conll"), ("test", "test.conll")], ""),
    "other files of a split beside the one called after it": (
        ["train.txt", "train_2.txt"], ["."], [("train", "train.txt")], "not read: train_2.txt;"),
    "several files named": (
        ["data/train.conll", "more/dev.bio"], ["data/train.conll", "more/dev.bio"],
        [("train", "data/train.conll"), ("validation", "more/dev.bio")], ""),
    "several files without splits": (
        ["a.txt", "b.txt"], ["a.txt", "b.txt"], [("train", "a.txt"), ("train", "b.txt")], "all articles are in train"),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_files_are_found_by_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    files, named, expected, said = FILES[case]
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    for name in files:
        written(Path(name), f"{name} B-LOC\nfell O\n")
    found, stderr = converted(tmp_path, *named)
    assert [(split, text.removesuffix(" fell")) for split, text, _ in found] == expected
    assert said in stderr


def test_of_several_files_one_without_a_split_is_named(tmp_path: Path) -> None:
    files = [written(tmp_path / name, "Marsa B-LOC\n") for name in ("train.txt", "dev.txt", "latest.txt")]
    assert "latest.txt: of several files each is named after its split" in refused(
        *files, "--out", str(tmp_path / "ds")
    )


def test_other_formats_name_the_files_that_they_do_not_read_too(tmp_path: Path) -> None:
    row = {"docid": "1", "doctext": "Rebels fled.", "templates": []}
    incident = {
        "incident_type": "attack",
        "PerpInd": [[["Rebels", 0]]],
        "PerpOrg": [],
        "Target": [],
        "Victim": [],
        "Weapon": [],
    }
    written(tmp_path / "in" / "train.json", json.dumps(row | {"templates": [incident]}) + "\n")
    written(tmp_path / "in" / "more.json", json.dumps(row) + "\n")
    _, stderr = converted(tmp_path, str(tmp_path / "in"), "--from", "muc4")
    assert "not read: more.json; name them to read them as well" in stderr


# three more members of each kind -------------------------------------------------------------------------------------

MORE: dict[str, tuple[str, list[tuple[str, list[tuple[str, str]]]], str]] = {
    # schemes
    "BMEWO": ("Old B-LOC\nTown M-LOC\nMarsa E-LOC\nDarna W-LOC\n", [("Old Town Marsa Darna", [("Old Town Marsa", "LOC"), ("Darna", "LOC")])], "BMEWO"),
    "singles, and ends that are not marked": ("North B-LOC\nDarna I-LOC\nMarsa S-LOC\nfell O\n", [("North Darna Marsa fell", [("North Darna", "LOC"), ("Marsa", "LOC")])], "BIOS"),
    "ends alone": ("North I-LOC\nDarna E-LOC\nMarsa E-LOC\nfell O\n", [("North Darna Marsa fell", [("North Darna", "LOC"), ("Marsa", "LOC")])], "IOE2"),
    "IOB1 with neighbours": ("Darna I-LOC\nMarsa B-LOC\nBay I-LOC\nfell O\n", [("Darna Marsa Bay fell", [("Darna", "LOC"), ("Marsa Bay", "LOC")])], "IOB1"),
    "lower-case IOBES": ("North b-loc\nDarna e-loc\nMarsa s-loc\nfell o\n", [("North Darna Marsa fell", [("North Darna", "loc"), ("Marsa", "loc")])], "IOBES"),
    "colons": ("Old B:LOC\nMarsa I:LOC\nfell O\nDarna B:LOC\n", [("Old Marsa fell Darna", [("Old Marsa", "LOC"), ("Darna", "LOC")])], "IOB2"),
    "letters after small labels": ("Old loc-b\nMarsa loc-i\nfell o\nDarna loc-b\n", [("Old Marsa fell Darna", [("Old Marsa", "loc"), ("Darna", "loc")])], "IOB2 (letters after the label)"),
    "letters after a full stop": ("Old LOC.B\nMarsa LOC.I\nfell O\n", [("Old Marsa fell", [("Old Marsa", "LOC")])], "IOB2 (letters after the label)"),
    "a label that ends in a letter": ("jaundice hepatitis-b\nfell O\n", [("jaundice fell", [("jaundice", "hepatitis-b")])], "scheme IO "),
    # columns
    "numbers of sentence and word in one": ("1.1\tRebels\tB-ORG\n1.2\tfled\tO\n\n2.1\tDarna\tB-LOC\n2.2\tfell\tO\n", [("Rebels fled", [("Rebels", "ORG")]), ("Darna fell", [("Darna", "LOC")])], "words in column 2"),
    "a part of speech between the tag and the word": ("B-ORG\tNNS\tRebels\nO\tVBD\tfled\n", [("Rebels fled", [("Rebels", "ORG")])], "words in column 3, tags in column 1"),
    "names of words": ("s1_w1 Rebels B-ORG\ns1_w2 fled O\n", [("Rebels fled", [("Rebels", "ORG")])], "words in column 2"),
    "HIPE": (
        "TOKEN\tNE-COARSE-LIT\tNE-COARSE-METO\tNE-FINE-LIT\tNE-NESTED\tNEL-LIT\tMISC\n# language = fr\n# date = 1898\nOmar\tB-pers\tO\tB-pers.ind\tO\tQ1\t_\n"
        + "Sali\tI-pers\tO\tI-pers.ind\tO\tQ1\tNoSpaceAfter\n,\tO\tO\tO\tO\t_\t_\nDarna\tB-loc\tB-org\tB-loc.town\tO\tQ2\t_\n",
        [("Omar Sali, Darna", [("Omar Sali", "pers"), ("Omar Sali", "pers.ind"), ("Darna", "loc"), ("Darna", "loc.town"), ("Darna", "org")])], "columns 2 and 3 and 4"),
    "a number of the sentence before that of the word": (
        "1 1 Rebels B-ORG\n1 2 fled O\n1 3 . O\n\n2 1 Darna B-LOC\n2 2 fell O\n",
        [("Rebels fled .", [("Rebels", "ORG")]), ("Darna fell", [("Darna", "LOC")])], "words in column 3"),
    "brat's anntoconll": ("B-ORG\t0\t6\tRebels\nO\t7\t11\tfled\n\nB-LOC\t13\t18\tDarna\n", [("Rebels fled", [("Rebels", "ORG")]), ("Darna", [("Darna", "LOC")])], "words in column 4, tags in column 1"),
    "a document id first": ("d1\tRebels\tB-ORG\nd1\tleft\tO\nd1\tDarna\tB-LOC\n", [("Rebels left Darna", [("Rebels", "ORG"), ("Darna", "LOC")])], "words in column 2"),
    "a score last": ("Rebels B-ORG 0.99\nfled O 0.5\n", [("Rebels fled", [("Rebels", "ORG")])], "tags in column 2"),
    "a line that names the columns": ("Token\tPOS\tTag\nRebels\tNNS\tB-ORG\nfled\tVBD\tO\n", [("Rebels fled", [("Rebels", "ORG")])], "tags in column 3"),
    "a sentence's name before its first word": ("Sentence #\tWord\tPOS\tTag\nSentence: 1\tRebels\tNNS\tB-org\n\tfled\tVBD\tO\n\tDarna\tNNP\tB-geo\n", [("Rebels fled Darna", [("Rebels", "org"), ("Darna", "geo")])], "words in column 2, tags in column 4"),
    "chunks beside names, as in German CoNLL-2003": ("Rebellen Rebell NN I-NC I-ORG\nfliehen fliehen VVFIN I-VC O\naus aus APPR I-PC O\nDarna Darna NE I-PC I-LOC\n", [("Rebellen fliehen aus Darna", [("Rebellen", "ORG"), ("Darna", "LOC")])], "tags in column 5"),
    "CoNLL-U Plus": ("# global.columns = ID FORM UPOS NER\n# newdoc id = a\n1\tRebels\tNOUN\tB-ORG\n2\tfled\tVERB\t_\n\n1\tCalm\tADJ\t_\n", [("Rebels fled\nCalm", [("Rebels", "ORG")])], "tags in column 4"),
    "UNER": ("# text = Rebels fled\n1\tRebels\tB-ORG\t-\t-\n2\tfled\tO\t-\t-\n", [("Rebels fled", [("Rebels", "ORG")])], "tags in column 3"),
    "CoNLL-U with - for nothing": ("1\tRebels\t-\t-\t-\t-\t0\t-\tB-ORG\t-\n2\tfled\t-\t-\t-\t-\t1\t-\tO\t-\n", [("Rebels fled", [("Rebels", "ORG")])], "tags in column 9"),
    "JNLPBA": ("###MEDLINE:95369245\n\nIL-2\tB-DNA\ngene\tI-DNA\nwas\tO\n", [("IL-2 gene was", [("IL-2 gene", "DNA")])], "IOB2"),
    "a hashtag": ("#Darna B-LOC\nfell O\n# O\n1 O\n", [("#Darna fell # 1", [("#Darna", "LOC")])], "IOB2"),
    # blanks
    "blanks of Ogham, and narrow ones": ("Km\u168012 B-LOC\nand O\n5\u2009000 B-NUM\n", [("Km\u168012 and 5\u2009000", [("Km\u168012", "LOC"), ("5\u2009000", "NUM")])], ""),
    "separators of lines that are none": ("a\u2028b B-X\nc\u2029d O\n", [("a\u2028b c\u2029d", [("a\u2028b", "X")])], ""),
    "tabs that align": ("Rebels\tB-ORG\nfled\tO\nin\t\tO\nDarna\tB-LOC\n", [("Rebels fled in Darna", [("Rebels", "ORG"), ("Darna", "LOC")])], ""),
    "tabs at the ends of lines with blanks": ("Rebels B-ORG\t\nfled O\t\n", [("Rebels fled", [("Rebels", "ORG")])], ""),
    "tabs and blanks in every line": ("".join(f"{w} {p}\t{t}\n" for w, p, t in [("Rebels", "N", "B-ORG"), ("fled", "V", "O"), ("to", "P", "O"), ("Old", "J", "B-LOC"), ("Marsa", "N", "I-LOC")]), [("Rebels fled to Old Marsa", [("Rebels", "ORG"), ("Old Marsa", "LOC")])], "column 3"),
    "blanks around tags": ("Rebels\t\u00a0B-ORG\u00a0\nfled\tO\u00a0\nDarna\tB-LOC \n", [("Rebels fled Darna", [("Rebels", "ORG"), ("Darna", "LOC")])], ""),
    "a tag that is nothing": ("Rebels\tB-ORG\nfled\t\nDarna\tB-LOC\n", [("Rebels fled Darna", [("Rebels", "ORG"), ("Darna", "LOC")])], "an empty cell for O"),
    # several labels
    "commas": ("Khan B-LOC,B-FAC\nRimal I-LOC,I-FAC\n", [("Khan Rimal", [("Khan Rimal", "FAC"), ("Khan Rimal", "LOC")])], ""),
    "other signs between them": ("Khan B-LOC#B-FAC\nRimal I-LOC~I-FAC\nBay I-LOC||I-FAC\n", [("Khan Rimal Bay", [("Khan Rimal Bay", "FAC"), ("Khan Rimal Bay", "LOC")])], ""),
    "blanks between them": ("Khan\tB-LOC B-FAC\nRimal\tI-LOC I-FAC\nfell\tB-armed clash\n", [("Khan Rimal fell", [("Khan Rimal", "FAC"), ("Khan Rimal", "LOC"), ("fell", "armed clash")])], ""),
    "labels without letters, and commas": ("Khan LOC,FAC\nRimal LOC,FAC\nfell O\n", [("Khan Rimal fell", [("Khan Rimal", "FAC"), ("Khan Rimal", "LOC")])], "scheme IO "),
    "one within another, in another order": ("the B-ORG\nDarna I-ORG|B-LOC\nBay I-LOC|I-ORG\nCouncil I-ORG\n", [("the Darna Bay Council", [("the Darna Bay Council", "ORG"), ("Darna Bay", "LOC")])], ""),
    "with IOBES": ("Old B-ORG|S-X\nDarna E-ORG|S-LOC\nfell O\n", [("Old Darna fell", [("Old Darna", "ORG"), ("Old", "X"), ("Darna", "LOC")])], "IOBES"),
    "labels without letters": ("Khan LOC|FAC\nfell O\nMarsa LOC\n", [("Khan fell Marsa", [("Khan", "FAC"), ("Khan", "LOC"), ("Marsa", "LOC")])], "scheme IO "),
    # words of CoNLL-U
    "one written word for two": ("1\tsortie\t_\n2-3\tdu\t_\n2\tde\tO\n3\tle\tO\n4\tHavre\tB-LOC\n".replace("\t_\n", "\tO\n"), [("sortie du Havre", [("Havre", "LOC")])], ""),
    "a node that is not in the text": ("1\tRebels\tB-ORG\n1.1\tthey\tO\n2\tfled\tO\n", [("Rebels fled", [("Rebels", "ORG")])], ""),
    # CoNLL-2012
    "two documents": (
        "#begin document (a); part 000\n" + "a 0 0 Omar NNP (NP* - - - - (PERSON* (ARG0* -\na 0 1 Sali NNP *) - - - - *) *) -\n"
        + "\na 0 0 fled VBD (S*) - - - - * (V*) -\n\n#end document\n#begin document (b); part 000\n"
        + "b 0 0 Darna NNP (NP*) - - - - (GPE) * -\n#end document\n",
        [("Omar Sali\nfled", [("Omar Sali", "PERSON")]), ("Darna", [("Darna", "GPE")])], "CoNLL-2012"),
}  # fmt: skip


@pytest.mark.parametrize("case", MORE)
def test_more_of_each_kind_is_told_and_read_without_loss(tmp_path: Path, case: str) -> None:
    content, articles, said = MORE[case]
    found, stderr = converted(tmp_path, written(tmp_path / "x.txt", content))
    assert found == [("train", text, spans) for text, spans in articles]
    assert said in stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Rebels X-ORG\nfled O\nDarna Y-LOC\n", "line 1: the tag 'X-ORG' is neither O nor like B-PER"),
        ("Rebels B\nfled O\n", "line 1: the tag 'B' is neither O nor like B-PER"),
        ("Rebels B-ORG\nfled _\nto O\n", "line 2: the tag '_' is neither O nor like B-PER"),
        ("Khan B-LOC|FAC\nRimal I-LOC|FAC\n", "line 1: the tag 'B-LOC|FAC' is neither O nor like B-PER"),
        ("Old B-X\nCity E-X\nMarsa U-X\nBay L-X\n", "tags with B-, E-, L-, U- stand beside each other, which no scheme has"),
        ("a B-X B-X\nb O O\nc B-Y B-Y\n", "the columns 2 and 3 have mostly the same tags, as where gold and predicted stand"),
        ("a N V\nb C D\n", "no column holds tags such as O and B-PER; name it with --columns word=1,tag=2"),
        ("a O\nb O\n", "no tag other than O in column 2"),
        ("1\ta\tB-X\n2-3\tb\tO\n\n1\tc\tO\n", "line 2: no word with the numbers 2 to 3 follows"),
        ("1\ta\tB-X\n2-1\tb\tO\n2\tc\tO\n", "line 2: no word with the numbers 2 to 1 follows"),
    ],
)  # fmt: skip
def test_what_fits_nothing_is_refused_by_name(tmp_path: Path, content: str, message: str) -> None:
    path = written(tmp_path / "x.txt", content)
    assert message in refused(path, "--from", "conll", "--out", str(tmp_path / "ds"))


# options -------------------------------------------------------------------------------------------------------------

FOUR = "1\tRebels\tB-ORG\tI-LOC\n2\tfled\tO\tO\n"


@pytest.mark.parametrize(
    ("content", "columns", "spans"),
    [
        (FOUR, "tag=3", [("Rebels", "ORG")]),
        (FOUR, "word=2,tag=3,tag=4", [("Rebels", "LOC"), ("Rebels", "ORG")]),
        (FOUR, "tag=-1", [("Rebels", "LOC")]),
        ("a B-X B-Y\nb O O\n", "word=1, tag=2", [("a", "X")]),
        ("word\tgold\ttag\na\tB-X\tB-X\n", "tag=gold", [("a", "X")]),
        ("# global.columns = ID FORM NER SEM\n1\ta\tB-X\tB-Y\n", "tag=SEM", [("a", "Y")]),
        ("1\ta\t_\tNOUN\t_\t_\t0\troot\t_\tner=B-X|sem=B-Y\n", "tag=misc:sem", [("a", "Y")]),
    ],
)
def test_columns_can_be_named(tmp_path: Path, content: str, columns: str, spans: list[tuple[str, str]]) -> None:
    path = written(tmp_path / "x.txt", content)
    out = tmp_path / "ds"
    assert run("convert", path, "--from", "conll", "--columns", columns, "--out", str(out))[0] == 0
    (row,) = read_dataset(out).splits["train"]
    assert [(row.article.text[s.start : s.end], s.label) for s in row.spans] == spans


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("tag=5", "has 4 columns, there is none with the number 5"),
        ("tag=NER", "'tag=NER' is not word=NUMBER or tag=NUMBER"),
        ("lemma=2", "'lemma=2' is not word=NUMBER"),
        ("tag=0", "'tag=0' is not word=NUMBER"),
    ],
)
def test_columns_that_are_not_there_are_an_error(tmp_path: Path, columns: str, message: str) -> None:
    path = written(tmp_path / "x.txt", FOUR)
    assert message in refused(path, "--from", "conll", "--columns", columns, "--out", str(tmp_path / "ds"))


def test_a_scheme_that_is_named_decides_what_is_repaired(tmp_path: Path) -> None:
    path = str(CASES / "10-conll-bmes/iobes.txt")
    assert run("convert", path, "--scheme", "iob2", "--out", str(tmp_path / "ds"))[0] == 0
    spans = json.loads((tmp_path / "ds" / "loss_report.json").read_text())["spans"]
    assert (spans["in"], spans["kept"], spans["repaired"]) == (5, 1, 4)
    mixed = written(tmp_path / "x.txt", "Old B-X\nCity E-X\nMarsa U-X\n")
    assert converted(tmp_path, mixed, "--scheme", "bilou")[0] == [
        ("train", "Old City Marsa", [("Old City", "X"), ("Marsa", "X")])
    ]
    plain = written(tmp_path / "x.txt", "Old X-LOC\nCity X-LOC\nfell O\n")
    assert converted(tmp_path, plain, "--scheme", "io", "--from", "conll")[0] == [
        ("train", "Old City fell", [("Old City", "X-LOC")])
    ]


def test_ontology_splits_and_refuse_mean_what_they_do_elsewhere(tmp_path: Path) -> None:
    path = written(tmp_path / "x.txt", "Rebels B-ORG\nleft O\n\nDarna B-LOC\nfell B-EVT\n")
    ontology = written(
        tmp_path / "o.yaml", "schema: 1\nname: o\nversion: 1.0.0\nentities: [{name: ORG}, {name: LOC}]\n"
    )
    splits = tmp_path / "splits"
    written(splits / "train.txt", "train-00002\n")
    written(splits / "test.txt", "train-00001\n")
    options = ("--ontology", ontology, "--splits", str(splits))
    assert "article train-00002: EVT at line 5: label not in the ontology" in refused(
        path, *options, "--out", str(tmp_path / "ds")
    )
    assert run("convert", path, *options, "--refuse", "--out", str(tmp_path / "ds"))[0] == 0
    dataset = read_dataset(tmp_path / "ds")
    assert {split: [row.article.text for row in rows] for split, rows in dataset.splits.items()} == {
        "train": ["Darna fell"], "test": ["Rebels left"],
    }  # fmt: skip
    assert dataset.ontology.labels == ("ORG", "LOC")


def test_tags_that_cannot_be_read_are_left_out_and_counted_if_that_is_wanted(tmp_path: Path) -> None:
    path = written(tmp_path / "x.txt", "Rebels B-ORG\nfled NNP\nDarna B-LOC\n")
    assert run("convert", path, "--refuse", "--from", "conll", "--out", str(tmp_path / "ds"))[0] == 0
    report = json.loads((tmp_path / "ds" / "loss_report.json").read_text())
    assert report["spans"] == {
        "in": 3, "kept": 2, "repaired": 0, "refused": 1, "out": 2, "flagged": 0,
        "reasons": {"refused: does not follow the format": 1},
    }  # fmt: skip


def test_a_sentence_of_which_no_line_can_be_read_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "x.txt", "1\tRebels\tB-ORG\n2\tfled\tO\n\n1-2\tdu\tO\n\n1\tDarna\tB-LOC\n")
    assert run("convert", path, "--refuse", "--from", "conll", "--out", str(tmp_path / "ds"))[0] == 0
    report = json.loads((tmp_path / "ds" / "loss_report.json").read_text())
    assert (report["articles"]["kept"], report["articles"]["refused"], report["spans"]["kept"]) == (2, 1, 2)


def test_a_part_of_a_written_word_stands_for_the_whole_and_is_counted(tmp_path: Path) -> None:
    path = written(tmp_path / "x.txt", "1-2\tdu\tO\n1\tde\tO\n2\tle\tB-LOC\n3\tHavre\tI-LOC\n")
    assert run("convert", path, "--from", "conll", "--out", str(tmp_path / "ds"))[0] == 0
    (row,) = read_dataset(tmp_path / "ds").splits["train"]
    assert [(row.article.text[s.start : s.end], s.label) for s in row.spans] == [("du Havre", "LOC")]
    report = json.loads((tmp_path / "ds" / "loss_report.json").read_text())
    assert report["spans"]["reasons"] == {"repaired: a part of what is written as one word: the whole of it": 1}


# what is no CoNLL file -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "Rebels shelled Darna on Monday.\nTwelve people fled.\n",
        "id,text,label\n1,Rebels shelled Darna,ORG\n2,Calm in Marsa,O\n",
        "id\ttext\tdate\n1\tRebels shelled Darna\t2026-01-05\n2\tCalm\t2026-01-06\n",
        "Rebels shelled Darna\t0\t1\nCalm in Marsa\t0\t0\n",
        "vitamin B-12\nis in\nthe milk\nof cows\n",
        "Type O\nType A\nType B\n",
        "- one\n- two\n- three\n",
        "# Heading\n\nSome words O\n\nOther words\nhere\n",
    ],
)
def test_prose_and_tables_are_not_taken_for_columns(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match="in no format that convert reads"):
        format_of([Path(written(tmp_path / "x.txt", content))])


def test_webanno_tsv_is_still_told(tmp_path: Path) -> None:
    content = "#FORMAT=WebAnno TSV 3.3\n\n\n#Text=Rebels fled\n1-1\t0-6\tRebels\tB-ORG\n1-2\t7-11\tfled\tO\n"
    with pytest.raises(InputError, match="this is WebAnno TSV, which is not read"):
        format_of([Path(written(tmp_path / "x.tsv", content))])


# tag files of eval ---------------------------------------------------------------------------------------------------


def scores(gold: str, predicted: str, *options: str) -> tuple[int, int, int]:
    arguments = ("--gold-file", gold, "--predictions", predicted, "--json", "-", "--resamples", "0", *options)
    code, stdout, stderr = run("eval", *arguments)
    assert code == 0, stderr
    micro: dict[str, Any] = json.loads(stdout)["exact"]["micro"]
    return micro["correct"], micro["predicted"], micro["support"]


@pytest.mark.parametrize("gold", ["gold.txt", "gold-nl.txt"])
@pytest.mark.parametrize(
    "predicted",
    ["pred-bio.txt", "pred-nbsp.txt", "pred-iobes.txt", "pred-score.txt", "pred-tab.txt", "pred-only-tags.txt", "muliconer.pred.conll"],
)  # fmt: skip
def test_predictions_in_tags_are_scored_alike_however_they_are_written(
    monkeypatch: pytest.MonkeyPatch, gold: str, predicted: str
) -> None:
    monkeypatch.chdir(CASES / "33-eval")
    assert scores(gold, predicted) == (3, 3, 4)


def test_gold_with_numbers_or_comments_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(CASES / "33-eval")
    plain = written(tmp_path / "p.txt", "Rebels B-Actor\nshelled O\nDarna B-Place\n")
    assert scores("gold-idx.txt", plain) == (2, 2, 3)
    two = written(tmp_path / "q.txt", "Rebels B-Actor\nshelled O\n")
    assert scores("gold-comments.txt", two) == (1, 1, 2)


def test_gold_in_other_schemes_says_the_same(tmp_path: Path) -> None:
    predicted = written(tmp_path / "p.txt", "Old B-LOC\nMarsa I-LOC\nBay B-LOC\nfled O\nOmar B-PER\n")
    for name, tags in {
        "iob1": "I-LOC I-LOC B-LOC O I-PER", "iobes": "B-LOC E-LOC S-LOC O S-PER", "bmewo": "B-LOC E-LOC W-LOC O W-PER",
        "bilou": "B-LOC L-LOC U-LOC O U-PER", "ioe2": "I-LOC E-LOC E-LOC O E-PER", "after": "LOC-B LOC-I LOC-B O PER-B",
    }.items():  # fmt: skip
        words = ("Old", "Marsa", "Bay", "fled", "Omar")
        lines = (f"{word}\t{tag}\n" for word, tag in zip(words, tags.split(), strict=True))
        gold = written(tmp_path / f"{name}.txt", "".join(lines))
        assert scores(gold, predicted) == (3, 3, 3), name
        if name != "iob1":  # predictions in B and I follow the scheme of the gold
            assert scores(predicted, gold) == (3, 3, 3), name


def test_the_cases_are_copies_that_nobody_has_changed() -> None:
    assert (CASES / "12-conll-nbsp/space.txt").read_bytes().count(b"\xc2\xa0") == 2
    assert (CASES / "13-conll-trailing/bom-crlf.txt").read_bytes().startswith(b"\xef\xbb\xbf-DOCSTART-")
    assert (CASES / "13-conll-trailing/cr-only.txt").read_bytes().count(b"\r") == 3
