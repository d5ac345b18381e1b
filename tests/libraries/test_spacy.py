"""spaCy itself and the reader of its files say the same of 500 generated files each."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventcorpus.annotation.assemble import assemble
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.formats.spacy import read_spacy

spacy = pytest.importorskip("spacy")
N_FILES = 500
WORDS = ["Rebels", "shelled", "Darna", "🔥", "12", ",", ".", "Müller", "حلب", "北京", "\n\n", " ", "don't", "e\u0301"]
LABELS = ["Actor", "Place", "ORG", "Ereignis", "事件"]
Span = tuple[int, int, str, tuple[tuple[str, str], ...]]


def document(rng: random.Random, vocab: object) -> "spacy.tokens.Doc":
    words = [rng.choice(WORDS) for _ in range(rng.randint(1, 25))]
    doc = spacy.tokens.Doc(vocab, words=words, spaces=[rng.random() < 0.7 for _ in words])
    ents, at = [], 0
    while at < len(doc):
        end = min(len(doc), at + rng.randint(1, 3))
        if rng.random() < 0.3 and doc[at:end].text == doc[at:end].text.strip():
            kb_id = rng.choice(["", "", "Q1"])
            ents.append(spacy.tokens.Span(doc, at, end, label=rng.choice(LABELS), kb_id=kb_id))
        at = end
    doc.set_ents(ents, default=rng.choice(["outside", "outside", "missing"]) if ents else "outside")
    for key in rng.sample(["sc", "events", "x y"], rng.randint(0, 2)):
        group = []
        for _ in range(rng.randint(0, 3)):
            start = rng.randrange(len(doc))
            end = rng.randint(start + 1, min(len(doc), start + 4))
            if doc[start:end].text == doc[start:end].text.strip():
                group.append(
                    spacy.tokens.Span(doc, start, end, label=rng.choice(LABELS), span_id=rng.choice(["", "s1"]))
                )
        doc.spans[key] = list({(span.start, span.end, span.label): span for span in group}.values())
    return doc


def spans_of(doc: "spacy.tokens.Doc") -> set[Span]:
    """Place, label and attributes of all entities and spans, those of one place and label as one."""
    found: dict[tuple[int, int, str], dict[tuple[str, str], None]] = {}
    groups = [("", doc.ents), *(("" if key == "sc" else key, group) for key, group in doc.spans.items())]
    for key, group in groups:
        for span in group:
            id_ = span.ent_id_ if group is doc.ents else span.id_
            pairs = [("kb_id", span.kb_id_), ("id", id_), ("group", key)]
            found.setdefault((span.start_char, span.end_char, span.label_), {}).update(
                dict.fromkeys(pair for pair in pairs if pair[1])
            )
    return {(*place, tuple(sorted(pairs))) for place, pairs in found.items()}


def read(path: Path) -> Iterator[tuple[str, set[Span]]]:
    report = ConversionReport()
    for _, annotated in assemble(read_spacy([path]), None, report).articles:
        spans = {(s.start, s.end, s.label, tuple(sorted(s.attributes))) for s in annotated.spans}
        yield annotated.article.text, spans
    counts = report.counts("spans")
    assert counts["in"] == counts["kept"] == counts["out"]


@pytest.mark.parametrize("part", range(10))
def test_a_docbin_has_the_spans_that_spacy_finds_in_it(part: int, tmp_path: Path) -> None:
    nlp = spacy.blank("xx")
    for n in range(N_FILES // 10):
        rng = random.Random(part * 1000 + n)
        docs = [doc for doc in (document(rng, nlp.vocab) for _ in range(rng.randint(1, 4))) if doc.text.strip()]
        path = tmp_path / f"{n}.spacy"
        spacy.tokens.DocBin(docs=docs, store_user_data=rng.random() < 0.5).to_disk(path)
        expected = [
            (doc.text, spans_of(doc))
            for doc in spacy.tokens.DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab)
            if doc.has_annotation("ENT_IOB") or any(doc.spans.values())
        ]
        if any(spans for _, spans in expected):
            assert list(read(path)) == expected


@pytest.mark.parametrize("part", range(10))
def test_json_that_spacy_writes_has_the_spans_that_it_has(part: int, tmp_path: Path) -> None:
    nlp = spacy.blank("xx")
    for n in range(N_FILES // 10):
        rng = random.Random(part * 1000 + n)
        docs = [doc for doc in (document(rng, nlp.vocab) for _ in range(rng.randint(1, 4))) if doc.text.strip()]
        path = tmp_path / f"{n}.json"
        if rng.random() < 0.5:
            for doc in docs:  # Doc.to_json() has no ids of entities
                doc.ents = [spacy.tokens.Span(doc, s.start, s.end, label=s.label, kb_id=s.kb_id) for s in doc.ents]
            path.write_text("".join(json.dumps(doc.to_json()) + "\n" for doc in docs))
            expected = [(doc.text, {_without(span, "id", "kb_id") for span in spans_of(doc)}) for doc in docs]
            found = [
                (text, {_without(span, "id", "kb_id") for span in spans}) for text, spans in read_if(path, expected)
            ]
        else:
            from spacy.training import docs_to_json

            for doc in docs:
                doc.ents = [spacy.tokens.Span(doc, s.start, s.end, label=s.label) for s in doc.ents]
                doc.spans.clear()
                for token in doc:
                    token.is_sent_start = token.i == 0
            path.write_text(
                json.dumps([docs_to_json([doc], doc_id=i) for i, doc in enumerate(docs)], indent=rng.choice([None, 1]))
            )
            expected = [(doc.text, spans_of(doc)) for doc in docs]
            found = list(read_if(path, expected))
        if any(spans for _, spans in expected):
            assert found == expected


def read_if(path: Path, expected: list[tuple[str, set[Span]]]) -> Iterator[tuple[str, set[Span]]]:
    """What is read where there is something: a file without one span has no labels to make an ontology of."""
    return read(path) if any(spans for _, spans in expected) else iter(())


def _without(span: Span, *names: str) -> Span:
    return (*span[:3], tuple(pair for pair in span[3] if pair[0] not in names))


def test_a_damaged_docbin_is_one_line_and_no_span_lies_outside_its_text(tmp_path: Path) -> None:
    import zlib

    from eventcorpus.errors import InputError

    nlp = spacy.blank("xx")
    rng = random.Random(0)
    docs = [document(rng, nlp.vocab) for _ in range(4)]
    content = zlib.decompress(spacy.tokens.DocBin(docs=docs).to_bytes())
    path = tmp_path / "x.spacy"
    for n in range(300):
        damaged = bytearray(content)
        for _ in range(rng.randint(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path.write_bytes(zlib.compress(bytes(damaged)) if n % 5 else bytes(damaged))
        try:
            for _, annotated in assemble(read_spacy([path]), None, ConversionReport(refuses=True)).articles:
                assert all(0 <= s.start < s.end <= len(annotated.article.text) for s in annotated.spans)
        except InputError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("lengths", [[0, 0], [1, 1], [100, 1], [-1, 7], [3]])
def test_a_docbin_whose_lengths_leave_out_tokens_is_refused(tmp_path: Path, lengths: list[int]) -> None:
    import zlib

    import numpy as np
    import srsly

    from eventcorpus.errors import InputError

    nlp = spacy.blank("xx")
    docs = [nlp("Rebels left Darna"), nlp("Calm in Homs")]
    for doc in docs:
        doc.ents = [spacy.tokens.Span(doc, 2, 3, label="Place")]
    message = srsly.msgpack_loads(zlib.decompress(spacy.tokens.DocBin(docs=docs).to_bytes()))
    message["lengths"] = np.array(lengths, dtype="int32").tobytes()
    message["span_groups"] = [b""] * 2
    path = tmp_path / "x.spacy"
    path.write_bytes(zlib.compress(srsly.msgpack_dumps(message)))
    with pytest.raises(InputError, match="not a DocBin that can be read .*lengths that do not fit the tokens"):
        list(read_spacy([path]).documents(ConversionReport()))
