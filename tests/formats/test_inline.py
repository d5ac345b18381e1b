"""The inline notation: what each mark means, what stops, and that writing and reading are inverse."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli_runner import run
from eventcorpus.annotation.rules import violations
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.errors import EventCorpusError, InputError, SpanError
from eventcorpus.formats.inline import _HEADER, read_inline, write_inline
from eventcorpus.labelstudio.annotations import read_exports
from eventcorpus.labelstudio.config import read_ontology
from eventcorpus.labelstudio.tasks import user_number
from eventcorpus.ontology import ontology_yaml, parse_ontology
from eventcorpus.schema import AnnotatedArticle, Article, Event, Role, Span, join_events, span_order
from label_studio_json import NESTED, ONTOLOGY

SHIPPED = Path(__file__).parents[2] / "corpus/ontology.yaml"
EXPORTS = SHIPPED.parent / "annotations"


def read(body: str, header: str = "kind: wire\n") -> AnnotatedArticle:
    (one,) = read_inline(f"=== x\n{header}\n{body}\n", ONTOLOGY, place="f.txt")
    return one


def test_a_mention_is_cut_out_of_the_text() -> None:
    one = read("[Rebels](Actor) left 🔥 [Zürn](Place).")
    assert one.article.text == "Rebels left 🔥 Zürn."
    assert [(s.id, s.start, s.end, s.label) for s in one.spans] == [("_1", 0, 6, "Actor"), ("_2", 14, 18, "Place")]


def test_keys_are_roles_or_attributes() -> None:
    one = read("[Rebels](Actor#a1) and [men](Actor#a2) [hit](Attack#t agent=a1,a2 outcome=killed modality=denied).")
    assert one.spans[2] == Span("t", 15, 18, "Attack", (("modality", "denied"), ("outcome", "killed")))
    assert one.roles == (Role("agent", "t", "a1"), Role("agent", "t", "a2"))


def test_triggers_are_joined_into_events() -> None:
    one = read("[hit](Attack#t), [hit](Attack#u same=t), [hit](Attack#v)")
    assert one.events == (Event("e1", "Attack", ("t", "u")), Event("e2", "Attack", ("v",)))


def test_mentions_may_nest() -> None:
    one = read("[men of [Kalo](Place)](Actor)")
    assert [(s.id, s.start, s.end, s.label) for s in one.spans] == [("_1", 0, 11, "Actor"), ("_2", 7, 11, "Place")]


def test_escaped_characters_are_literal() -> None:
    assert read(r"\n\[1\] a\\b \= c\n").article.text == "\n[1] a\\b = c\n"


def test_labels_and_values_are_percent_encoded() -> None:
    with pytest.raises(SpanError, match="'Armed group' is not a label of"):
        read("[Rebels](Armed%20group)")


def test_the_header_holds_the_fields_of_the_article() -> None:
    header = 'title: Blast: in the market\ntags: a, b\ninvented: true\npublished: 2018-04-24\nmetadata: {"n": 1}\n'
    assert read("Text.", header).article == Article(
        "x", "Text.", title="Blast: in the market", tags=("a", "b"), invented=True, published="2018-04-24",
        metadata={"n": 1},
    )  # fmt: skip


def test_an_article_needs_no_header() -> None:
    (one,) = read_inline("=== x\n\nOne.\n\nTwo.\n", ONTOLOGY, place="f.txt")
    assert one.article == Article("x", "One.\n\nTwo.")


def test_several_articles_stand_in_one_file() -> None:
    found = read_inline("=== x\nkind: a\n\nOne.\n\n=== y\nkind: b\n\nTwo.\n", ONTOLOGY, place="f.txt")
    assert [(a.article.id, a.article.text) for a in found] == [("x", "One."), ("y", "Two.")]


def test_crlf_files_are_read_in_the_stored_form() -> None:
    (one,) = read_inline("=== x\r\nkind: a\r\n\r\nOne.\r\n[Kalo](Place)\r\n", ONTOLOGY, place="f.txt")
    assert (one.article.text, one.spans[0].start) == ("One.\nKalo", 5)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[a](Nobody)", "'Nobody' is not a label of mini@1.0.0; it has Attack, Move, Actor, Place"),
        ("[a ](Actor)", "does not begin or end with a blank"),
        ("x [](Actor)", "a mention is not empty"),
        ("[a](Actor#x) [b](Actor#x)", "the id 'x' is used by two mentions"),
        ("[a](Attack agent=z)", "agent=z at '_1' names no mention of this article"),
        ("[a](Attack colour=red)", "'colour' is neither a role nor an attribute"),
        ("[a](Attack modality=)", "'modality=' is not key=value"),
        ("[a](Attack modality)", "'modality' is not key=value"),
        ("[a](Attack modality=denied modality=actual)", "'modality=actual' is not key=value, or stands twice"),
        ("[a", r"'\[' is never closed"),
        ("a](Actor)", r"'\]' closes a mention and is followed by \(Label\)"),
        ("[a] (Actor)", r"'\]' closes a mention"),
        ("[a](Actor", r"'\]' closes a mention"),
        ("a\\b", "a backslash stands before"),
        ("a\\", "a backslash stands before"),
    ],
)
def test_a_faulty_mark_stops_with_the_article(body: str, message: str) -> None:
    with pytest.raises(EventCorpusError, match=rf"^f\.txt: article x: .*{message}"):
        read(body)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Once upon a time", r"f\.txt: line 1: an article starts with '=== its-id'"),
        ("=== x\n\nA\n=== x\n\nB\n", "article 'x' stands there twice"),
        ("=== x\nkind: a\nA\n", "no empty line after the header"),
        ("=== x\ncolour: red\n\nA\n", "header line 'colour: red' is not one of title, outlet"),
        ("=== x\nmetadata: {n\n\nA\n", "f.txt: article x: metadata is .* it must be a JSON object"),
        ("=== x\nmetadata: [1]\n\nA\n", "metadata is .* it must be a JSON object"),
        ("=== x\ninvented: perhaps\n\nA\n", "invented is 'perhaps'; it must be true or false"),
        ("=== x\npublished: yesterday\n\nA\n", "published is 'yesterday'; it must be an ISO date"),
    ],
)
def test_a_faulty_file_stops_with_its_place(content: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_inline(content, ONTOLOGY, place="f.txt")


def test_crossing_spans_cannot_be_written() -> None:
    crossing = (Span("1", 0, 6, "Actor"), Span("2", 3, 9, "Place"))
    with pytest.raises(SpanError, match=r"article x: the span \[3, 9\) crosses another"):
        write_inline([AnnotatedArticle(Article("x", "abc def ghi"), crossing, ONTOLOGY.labels)])


def test_a_title_of_two_lines_cannot_be_written() -> None:
    with pytest.raises(EventCorpusError, match="article x: .*title"):
        write_inline([AnnotatedArticle(Article("x", "Text.", title="a\nb"), (), ONTOLOGY.labels)])


def test_written_articles_look_like_this() -> None:
    spans = (Span("_1", 0, 6, "Actor"), Span("t", 7, 15, "Attack", (("modality", "denied"),)))
    article = Article("x", "Rebels attacked = 1.\n", title="Attack", invented=True, tags=("a", "b"))
    one = AnnotatedArticle(article, spans, ONTOLOGY.labels, (Role("agent", "t", "_1"),))
    assert write_inline([one]) == (
        "=== x\ntitle: Attack\ninvented: true\ntags: a, b\n\n"
        "[Rebels](Actor) [attacked](Attack#t modality=denied agent=_1) \\= 1.\\n\n"
    )


def test_where_a_span_came_from_survives_under_the_shipped_ontology() -> None:
    ontology = read_ontology(SHIPPED)
    span = Span("t", 0, 4, "Movement", (("modality", "actual"),), "prediction")
    one = AnnotatedArticle(
        Article("x", "Fled."), (span,), ontology.labels, events=(Event("e1", "Movement", ("t",)),)
    )  # fmt: skip
    assert read_inline(write_inline([one]), ontology, place="f.txt") == [one]


MANY = parse_ontology(
    {
        "name": "many",
        "version": "1.0.0",
        "flat": False,
        "entities": [{"name": "Actor"}],
        "attributes": [
            {"name": "side", "of": ["Actor"], "values": [{"name": "a, b"}, {"name": "c"}], "multiple": True},
            {"name": "note", "of": ["Actor"], "multiple": True},
            {"name": "remark", "of": ["Actor"]},
        ],
    },
    place="many",
)


@pytest.mark.parametrize(
    "attributes",
    [
        (("side", "a, b"), ("side", "c"), ("note", "north = south"), ("note", "ask, again"), ("note", "")),
        (("side", "c"), ("remark", "one, two; three")),
        (("note", "x#y"), ("note", "x#y"), ("remark", "")),
        (("note", "100 %"), ("note", "\n")),
    ],
)
def test_several_values_of_an_attribute_are_written_and_read(attributes: tuple[tuple[str, str], ...]) -> None:
    one = AnnotatedArticle(Article("x", "Rebels fled."), (Span("_1", 0, 6, "Actor", attributes),), MANY.labels)
    assert read_inline(write_inline([one]), MANY, place="f.txt") == [one]


def test_several_values_may_be_typed_one_by_one_or_joined_by_commas() -> None:
    for written in ("side=c side=a%2C%20b", "side=c,a%2C%20b"):
        (one,) = read_inline(f"=== x\n\n[Rebels](Actor {written}) fled.\n", MANY, place="f.txt")
        assert one.spans[0].attributes == (("side", "c"), ("side", "a, b"))


def test_a_value_that_may_stand_once_stands_once_with_its_commas() -> None:
    (one,) = read_inline("=== x\n\n[Rebels](Actor remark=a,b) fled.\n", MANY, place="f.txt")
    assert one.spans[0].attributes == (("remark", "a,b"),)
    with pytest.raises(SpanError, match="'remark=b' is not key=value, or stands twice"):
        read_inline("=== x\n\n[Rebels](Actor remark=a remark=b) fled.\n", MANY, place="f.txt")


FILES = {"one.txt": "=== x\n\n[Rebels](Actor side=c) fled.\n", "two.txt": "=== x\n\nRebels fled.\n"}


def inline_read(folder: Path, file: str, export: str, *options: str) -> tuple[int, str, str]:
    for name, content in FILES.items():
        (folder / name).write_text(content)
    (folder / "o.yaml").write_text(ontology_yaml(MANY))
    written = ["--articles", str(folder / "a.jsonl"), "--annotations", str(folder / export)]
    return run("inline", "read", str(folder / file), *written, "--ontology", str(folder / "o.yaml"), *options)


def annotators(folder: Path, *exports: str) -> list[tuple[str, int]]:
    report = ConversionReport(refuses=True)
    read = read_exports([folder / export for export in exports], MANY, report)
    return sorted((one.annotator, len(one.spans)) for one in read)


def test_two_people_are_told_apart_and_two_files_of_one_are_not(tmp_path: Path) -> None:
    assert inline_read(tmp_path, "one.txt", "ana.json", "--annotator", "Ana Lima")[0] == 0
    assert inline_read(tmp_path, "two.txt", "ben.json", "--annotator", "Ben")[0] == 0
    assert inline_read(tmp_path, "two.txt", "ana-again.json", "--annotator", " ana  LIMA")[0] == 0
    assert [name for name, _ in annotators(tmp_path, "ana.json", "ben.json")] == ["a1", "a2"]
    assert [name for name, _ in annotators(tmp_path, "ana.json", "ana-again.json")] == ["a1"]


def test_without_a_name_all_files_are_one_persons(tmp_path: Path) -> None:
    for file, export in (("one.txt", "one.json"), ("two.txt", "two.json")):
        assert inline_read(tmp_path, file, export)[0] == 0
    assert [name for name, _ in annotators(tmp_path, "one.json", "two.json")] == ["a1"]
    assert not (tmp_path / "annotators.tsv").exists()


def test_names_are_kept_beside_the_data_and_never_in_a_dataset(tmp_path: Path) -> None:
    (tmp_path / "done").mkdir()
    numbers = {}
    for name in ("Zoë Öst", "Ben"):
        code, said, _ = inline_read(tmp_path, "one.txt", f"done/{len(numbers)}.json", "--annotator", name)
        numbers[name] = user_number(name)
        assert (code, said.endswith(f" by {name}, who is number {numbers[name]} there\n")) == (0, True)
    kept = (tmp_path / "done/annotators.tsv").read_text(encoding="utf-8")
    assert sorted(kept.splitlines()) == sorted(f"{number}\t{name}" for name, number in numbers.items())
    out = tmp_path / "out"
    assert run("convert", str(tmp_path / "done"), "--ontology", str(tmp_path / "o.yaml"), "--out", str(out))[0] == 0
    for file in out.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        for name, number in numbers.items():
            assert name.encode() not in content and str(number).encode() not in content


@pytest.mark.parametrize("name", ["", "  ", "a\x00b"])
def test_a_name_is_something_that_can_be_printed(tmp_path: Path, name: str) -> None:
    code, _, error = inline_read(tmp_path, "one.txt", "e.json", "--annotator", name)
    assert (code, "a name has letters" in error) == (1, True)


def test_one_article_in_two_files_says_how_two_people_are_read(tmp_path: Path) -> None:
    (tmp_path / "two.txt").write_text(FILES["two.txt"])
    code, _, error = inline_read(tmp_path, "one.txt", "e.json", "--annotator", "Ana")
    assert code == 0
    written = ["--articles", str(tmp_path / "a.jsonl"), "--annotations", str(tmp_path / "e.json")]
    code, _, error = run("inline", "read", str(tmp_path / "one.txt"), str(tmp_path / "two.txt"), *written,
                         "--ontology", str(tmp_path / "o.yaml"))  # fmt: skip
    assert (code, "each with --annotator NAME" in error) == (1, True)


WORDS = ["Rebels", "🔥", "حلب", "Cafe\u0301", "[x]", "=== y", "a\\b", "](Actor)", "<b>&amp;", "title: z", "U.S."]
BLANKS = [" ", "  ", "\n", "\n\n", "\n\n\n", "\t", "\u2028", " \n "]


@st.composite
def articles(draw: st.DrawFn) -> AnnotatedArticle:
    text = draw(st.sampled_from(["", "\n", "\n\n", " "]))
    words: list[tuple[int, int]] = []
    for word in draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8)):
        text += draw(st.sampled_from(BLANKS)) if words else ""
        words.append((len(text), len(text) + len(word)))
        text += word
    text += draw(st.sampled_from(["", "\n", " \n"]))
    ranges: list[tuple[int, int]] = []
    for first, length in draw(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 3)), max_size=6)):
        start = words[first % len(words)][0]
        end = words[min(first % len(words) + length, len(words) - 1)][1]
        if not any(s < start < e < end or start < s < end < e for s, e in ranges):
            ranges.append((start, end))
    style = draw(st.sampled_from(["_", "12:r"]))
    spans: list[Span] = []
    drawn = [(start, end, draw(st.sampled_from(ONTOLOGY.labels))) for start, end in ranges]
    for n, (start, end, label) in enumerate(sorted(drawn, key=lambda d: (d[0], -d[1], d[2])), start=1):
        trigger = label in ONTOLOGY.trigger_names
        attributes = draw(st.sampled_from([(), (("modality", "denied"),)])) if trigger else ()
        spans.append(Span(f"{style}{n}", start, end, label, attributes, draw(st.sampled_from(["manual", "a b"]))))
    roles = {
        Role("agent", trigger.id, argument.id)
        for trigger in spans
        for argument in spans
        if trigger.label in ONTOLOGY.trigger_names and trigger != argument and draw(st.booleans())
    }
    fields: dict[str, Any] = {
        "title": draw(st.none() | st.sampled_from(["Blast: [x]", "a\u2028b", "=== z"])),
        "tags": draw(st.sampled_from([(), ("a", "b")])),
        "invented": draw(st.none() | st.booleans()),
        "metadata": draw(st.sampled_from([{}, {"a\nb": ["🔥", None, 1.5]}])),
    }
    ordered = tuple(sorted(spans, key=span_order))
    in_text = tuple(sorted(roles, key=lambda r: ([s.id for s in ordered].index(r.trigger), r.argument)))
    events = join_events(ordered, in_text, triggers={"Attack", "Move"}, link="same")
    return AnnotatedArticle(Article("x", text, **fields), ordered, NESTED.labels, in_text, events)


@settings(deadline=None)
@given(articles())
def test_reading_what_was_written_gives_the_same_article(one: AnnotatedArticle) -> None:
    assert read_inline(write_inline([one]), NESTED, place="f.txt") == [one]


def test_what_was_adjudicated_is_written_as_what_an_annotator_did() -> None:
    exports = [str(EXPORTS / f"third-{name}.json") for name in ("pass-2", "adjudicated")]
    code, alone, _ = run("inline", "write", exports[1])
    assert (code, alone.count("\n=== ") + 1) == (0, len(json.loads(Path(exports[1]).read_text())))
    assert run("inline", "write", *exports)[1] == alone
    assert run("inline", "write", *exports, "--annotator", "adjudicated")[1] == alone
    assert run("inline", "write", *exports, "--annotator", "a1")[1] == run("inline", "write", exports[0])[1] != alone


def test_an_annotator_who_did_nothing_is_named_with_those_who_did() -> None:
    code, stdout, stderr = run("inline", "write", str(EXPORTS / "third-adjudicated.json"), "--annotator", "a1")
    assert (code, stdout) == (1, "")
    assert stderr.splitlines()[-1] == "Error: --annotator 'a1': annotated none of these articles; there are adjudicated"


def test_the_example_of_the_page_is_read_and_has_no_fault() -> None:
    page = (SHIPPED.parents[1] / "docs/inline.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```inline\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    ontology = read_ontology(SHIPPED)
    blast, nothing = read_inline(example, ontology, place="page")
    assert [list(violations(article, ontology)) for article in (blast, nothing)] == [[], []]
    assert blast.article.text == "Rebels shelled the market of Khan Rimal on Tuesday.\nThe attack killed 12."
    assert {(role.role, role.argument) for role in blast.roles} == {
        ("agent", "a1"), ("place", "f1"), ("place", "p1"), ("time", "t1"), ("count", "c1"),
    }  # fmt: skip
    assert (blast.article.published, blast.article.tags) == ("2018-04-24", ("dateline", "passive"))
    assert (nothing.article.text, nothing.spans) == ("Shops were closed [sic] and 1 + 1 = 2.", ())


def test_the_page_names_every_line_of_the_header() -> None:
    page = (SHIPPED.parents[1] / "docs/inline.md").read_text(encoding="utf-8")
    (line,) = [line for line in page.splitlines() if line.startswith("| `key: value`")]
    assert re.findall(r"`(\w+)`", line) == _HEADER
