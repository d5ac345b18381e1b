"""The decoders of tags against seqeval, on valid and on every kind of invalid sequence."""

import random
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import classification_report
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import BILOU, IOB2, IOBES, Entities

from decoded_tags import Chunk, decode_tags
from eventcorpus.errors import InputError
from eventcorpus.eval.intervals import matching_of
from eventcorpus.metrics.tag_scores import score_tags
from eventcorpus.metrics.tags import Decoder, Scheme

Sentences = list[list[str]]
LABELS = ["ORG", "ORG-sub", "ORG_sub", "PER", "per", "_", "Ереван"]


def tags_of(prefixes: str) -> list[str]:
    """O, every prefix with every label, and without one: B and B-."""
    return ["O", *prefixes, *(f"{p}-" for p in prefixes), *(f"{p}-{label}" for p in prefixes for label in LABELS)]


def strict(sentences: Sentences, scheme: Any) -> list[tuple[int, int, int, str]]:
    return [(e.sent_id, e.start, e.end, e.tag) for several in Entities(sentences, scheme).entities for e in several]


def default(sentences: Sentences) -> list[tuple[int, int, int, str]]:
    """seqeval's default reading, sentence by sentence; of L and U, which it does not know there, E and S."""
    known = [[{"L": "E", "U": "S"}.get(tag[0], tag[0]) + tag[1:] for tag in tags] for tags in sentences]
    return [(n, start, end + 1, label) for n, tags in enumerate(known) for label, start, end in get_entities(tags)]


# name -> prefixes, our decoder and scheme, what seqeval finds
READINGS: dict[str, tuple[str, Decoder, Scheme, Callable[[Sentences], Any]]] = {
    "IOB2, strict": ("BI", "strict", "iob2", lambda s: strict(s, IOB2)),
    "BILOU, strict": ("BILU", "strict", "bilou", lambda s: strict(s, BILOU)),
    "IOBES, strict": ("BIES", "strict", "bilou", lambda s: strict(s, IOBES)),
    "default, BI": ("BI", "conlleval", "iob2", default),
    "default, BIES": ("BIES", "conlleval", "iob2", default),
    "default, every prefix": ("BIESLU", "conlleval", "bilou", default),
}


def random_tags(rng: random.Random, alphabet: list[str], length: int) -> list[str]:
    """Tags that often go on with the label before, so that chunks of all lengths and faults come up."""
    tags: list[str] = []
    while len(tags) < length:
        before = tags[-1] if tags else "O"
        same = [tag for tag in alphabet if tag[1:] == before[1:]]
        tags.append(rng.choice(same if before != "O" and rng.random() < 0.6 else alphabet))
    return tags


@pytest.mark.parametrize("reading", READINGS)
def test_chunks_are_those_of_seqeval_on_random_tags(reading: str) -> None:
    prefixes, decoder, scheme, oracle = READINGS[reading]
    rng = random.Random(reading)
    alphabet = tags_of(prefixes)
    sentences = [random_tags(rng, alphabet, rng.randrange(14)) for _ in range(2000)]
    chunks = decode_tags(sentences, decoder=decoder, scheme=scheme)
    assert [tuple(chunk) for chunk in chunks] == oracle(sentences)
    assert len(chunks) > 500 and max(chunk.end - chunk.start for chunk in chunks) >= 4


@pytest.mark.parametrize("reading", READINGS)
def test_chunks_are_those_of_seqeval_on_what_hypothesis_finds(reading: str) -> None:
    prefixes, decoder, scheme, oracle = READINGS[reading]
    few = ["O", *prefixes, *(f"{p}-{label}" for p in prefixes for label in ("A", "A-b"))]

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.lists(st.sampled_from(few), max_size=6), max_size=3))
    def check(sentences: Sentences) -> None:
        assert [tuple(c) for c in decode_tags(sentences, decoder=decoder, scheme=scheme)] == oracle(sentences)

    check()


REPORTS: dict[str, tuple[str, Decoder, Scheme, dict[str, Any]]] = {
    "IOB2, strict": ("BI", "strict", "iob2", {"mode": "strict", "scheme": IOB2}),
    "BILOU, strict": ("BILU", "strict", "bilou", {"mode": "strict", "scheme": BILOU}),
    "default": ("BIES", "conlleval", "iob2", {}),
}


@pytest.mark.parametrize("report", REPORTS)
def test_precision_recall_and_f1_are_those_of_seqeval(report: str) -> None:
    prefixes, decoder, scheme, how = REPORTS[report]
    rng = random.Random(report)
    alphabet = tags_of(prefixes)
    n_sentences = n_empty = 0
    for _ in range(300):
        gold = [random_tags(rng, alphabet, rng.randrange(12)) for _ in range(rng.randrange(1, 8))]
        predicted = [[tag if rng.random() < 0.8 else rng.choice(alphabet) for tag in tags] for tags in gold]
        n_sentences += len(gold)
        scores = score_tags(gold, predicted, decoder=decoder, scheme=scheme)
        if not scores.labels:
            n_empty += 1
            continue
        ours = matching_of(scores.statistics[:, None], scores.labels)
        theirs = classification_report(gold, predicted, output_dict=True, zero_division=0, **how)
        assert list(theirs) == [*scores.labels, "micro avg", "macro avg", "weighted avg"]
        rows = {**ours.labels, "micro avg": ours.micro, "macro avg": ours.macro}
        for name, row in rows.items():
            assert row.precision == pytest.approx(theirs[name]["precision"], abs=1e-12)
            assert row.recall == pytest.approx(theirs[name]["recall"], abs=1e-12)
            assert row.f1 == pytest.approx(theirs[name]["f1-score"], abs=1e-12)
            if name != "macro avg":
                assert row.support == theirs[name]["support"]  # type: ignore[union-attr]
    assert n_sentences >= 1000 and n_empty < 30


@pytest.mark.parametrize(
    "tag", ["b-per", "X-PER", "BPER", "PER", "Organisation", "Battle", "O-PER", "o", "-PER", "B PER", ""]
)
@pytest.mark.parametrize("decoder", ["strict", "conlleval"])
@pytest.mark.parametrize("scheme", ["iob2", "bilou"])
def test_a_tag_that_is_none_is_refused_by_name_where_seqeval_warns_or_fails(
    tag: str, decoder: Decoder, scheme: Scheme
) -> None:
    with pytest.raises(InputError) as raised:
        decode_tags([["O"], ["B-A", tag]], decoder=decoder, scheme=scheme)
    assert str(raised.value).startswith(f"sentence 2, token 2: the tag {tag!r} is neither O nor B")
    with pytest.raises((UserWarning, IndexError)), warnings.catch_warnings():
        warnings.simplefilter("error")
        get_entities(["O", tag])


@pytest.mark.parametrize("tag", ["S-PER", "E-PER", "L-PER", "U-PER", "S", "U-"])
def test_prefixes_of_another_scheme_are_refused_by_strict_as_seqeval_refuses_them(tag: str) -> None:
    with pytest.raises(InputError, match=f"the tag '{tag}' is neither O nor B or I with a dash and a label"):
        decode_tags([[tag]])
    with pytest.raises(ValueError, match="Invalid token is found"):
        Entities([[tag]], IOB2)


def test_what_is_no_text_and_a_sentence_that_is_a_string_are_refused() -> None:
    with pytest.raises(InputError, match="sentence 1, token 2: a tag is int, not text"):
        decode_tags([["O", 3]])  # type: ignore[list-item]
    with pytest.raises(InputError, match="sentence 1, token 1: a tag is list, not text"):
        decode_tags([[["O"]]])  # type: ignore[list-item]
    with pytest.raises(InputError, match="one of these sentences is a string"):
        decode_tags(["O", "O"])
    with pytest.raises(ValueError, match="decoder 'loose'"):
        decode_tags([], decoder="loose")  # type: ignore[arg-type]


def test_unprefixed_labels_vanish_in_seqeval() -> None:
    # chakki-works/seqeval#45: the first letter is the prefix, so an Organisation is outside and a Battle an "attle"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert get_entities(["Organisation", "Battle"]) == [("attle", 1, 1)]


def test_labels_keep_their_dashes_which_seqeval_strict_takes_off() -> None:
    assert [c.label for c in decode_tags([["B-A-", "B--A"]])] == ["A-", "-A"]
    assert [e.tag for e in Entities([["B-A-", "B--A"]], IOB2).entities[0]] == ["A", "A"]


def test_the_two_decoders_differ_on_invalid_tags_alone() -> None:
    stray = [["O", "I-A", "I-A", "B-B", "I-A"]]
    assert decode_tags(stray) == [Chunk(0, 3, 4, "B")]
    assert decode_tags(stray, decoder="conlleval") == [Chunk(0, 1, 3, "A"), Chunk(0, 3, 4, "B"), Chunk(0, 4, 5, "A")]
    unfinished = [["B-A", "I-A", "O", "U-B"]]
    assert decode_tags(unfinished, scheme="bilou") == [Chunk(0, 3, 4, "B")]
    assert decode_tags(unfinished, scheme="bilou", decoder="conlleval") == [Chunk(0, 0, 2, "A"), Chunk(0, 3, 4, "B")]


def test_a_chunk_ends_with_its_sentence() -> None:
    assert decode_tags([["B-A"], [], ["I-A"], ["B-A", "I-A"]]) == [Chunk(0, 0, 1, "A"), Chunk(3, 0, 2, "A")]
    assert decode_tags([]) == decode_tags([[]]) == []


def test_more_labels_than_a_byte_can_number() -> None:
    sentences = [[f"B-label{n}", f"I-label{n}"] for n in range(40_000)]  # 80,000 tags: past the surrogates
    assert decode_tags(sentences) == [Chunk(n, 0, 2, f"label{n}") for n in range(40_000)]
