"""Candidate pairs and their features, on texts small enough to count by hand."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.events.candidates import (
    FEATURES,
    MOST_AFTER,
    MOST_ANTECEDENTS,
    MOST_BEFORE,
    CandidateFinder,
    Candidates,
    Signatures,
    common_words,
)
from eventcorpus.ontology import Ontology, parse_ontology
from eventcorpus.schema import Span

ONTOLOGY: Ontology = parse_ontology(
    {
        "name": "small", "version": "1.0.0",
        "triggers": [{"name": "Attack"}, {"name": "Harm"}],
        "entities": [{"name": "Group"}, {"name": "Ort"}],
        "roles": [
            {"name": "by", "signatures": [{"to": ["Group"]}]},
            {"name": "where", "signatures": [{"from": ["Attack"], "to": ["Ort"]}]},
            {"name": "cause", "signatures": [{"from": ["Harm"], "to": "triggers"}]},
            {"name": "same", "signatures": [{"to": "same"}], "joins_events": True},
        ],
    },
    place="here",
)  # fmt: skip
TEXT = "Rebels attacked Homs, Hama. Two died near Homs.\nThe army attacked."
SPANS = [
    Span("r", 0, 6, "Group"), Span("a", 7, 15, "Attack"), Span("h", 16, 20, "Ort"), Span("g", 22, 26, "Ort"),
    Span("d", 32, 36, "Harm"), Span("i", 42, 46, "Ort"), Span("m", 52, 56, "Group"), Span("b", 57, 65, "Attack"),
]  # fmt: skip
SIGNATURES = Signatures.of(ONTOLOGY)


def found(text: str = TEXT, spans: list[Span] = SPANS) -> Candidates:
    return CandidateFinder(SIGNATURES, ("near",))(text, spans)


def feature(name: str, trigger: str, argument: str) -> int:
    pairs, ids = found(), [span.id for span in SPANS]
    wanted = [ids.index(trigger), ids.index(argument)]
    (row,) = np.flatnonzero((pairs.pairs == wanted).all(axis=1))
    return int(pairs.features[row, list(FEATURES).index(name)])


def test_the_role_that_joins_events_is_no_role_of_arguments() -> None:
    assert SIGNATURES.roles == ("by", "where", "cause")
    assert SIGNATURES.is_trigger.tolist() == [True, True, False, False]


def test_the_pairs_are_those_that_a_signature_allows() -> None:
    pairs, ids = found(), [span.id for span in SPANS]
    linked = {f"{ids[t]}{ids[a]}" for t, a in pairs.pairs}
    assert linked == {"ar", "am", "ah", "ag", "ai", "dr", "dm", "da", "db", "br", "bm", "bh", "bg", "bi"}
    row = pairs.pairs.tolist().index([ids.index("d"), ids.index("a")])
    assert pairs.allowed[row].tolist() == [False, False, True]


def test_pairs_of_one_sentence_are_near() -> None:
    pairs, ids = found(), [span.id for span in SPANS]
    near = {f"{ids[t]}{ids[a]}" for (t, a), is_near in zip(pairs.pairs, pairs.is_near, strict=True) if is_near}
    assert near == {"ar", "ah", "ag", "bm"}
    assert pairs.sentences.tolist() == [0, 0, 0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("name", "trigger", "argument", "value"),
    [
        ("distance", "a", "r", 1),
        ("distance", "a", "h", 13 + 1),
        ("distance", "a", "g", 13 + 3),
        ("sentences", "a", "i", 6 + 1),
        ("sentences", "b", "h", 6 - 2),
        ("rank", "a", "r", 0),
        ("rank", "b", "r", 1),
        ("rank", "a", "g", MOST_BEFORE + 1),
        ("nearer triggers", "a", "h", 0),
        ("nearer triggers", "a", "i", 2),
        ("nearer triggers of its label", "a", "i", 1),
        ("triggers between", "b", "r", 2),
        ("first line", "b", "r", 1),
        ("first line", "a", "m", 2),
        ("marks between", "a", "g", 1),
        ("marks between", "b", "i", 8),
        ("sentence of the argument", "a", "i", 1),
        ("its label in the trigger's sentence", "b", "r", 1),
        ("its label in the trigger's sentence", "b", "h", 0),
        ("same text nearer", "a", "i", 1),
        ("same text nearer", "b", "h", 1),
        ("same text nearer", "b", "i", 0),
        ("word before the argument", "a", "i", 2),
        ("word before the argument", "a", "r", 1),
        ("word before the argument", "a", "m", 0),
    ],
)
def test_features(name: str, trigger: str, argument: str, value: int) -> None:
    assert feature(name, trigger, argument) == value


def test_far_candidates_of_one_label_are_left_out() -> None:
    words = ["He"] * 30 + ["hit"] + ["He"] * 30
    text = " ".join(words)
    starts = [0, *(i + 1 for i, character in enumerate(text) if character == " ")]
    spans = [
        Span(str(i), start, start + len(word), "Attack" if word == "hit" else "Group")
        for i, (start, word) in enumerate(zip(starts, words, strict=True))
    ]
    pairs = found(text, spans).pairs
    assert pairs[:, 1].tolist() == [*range(30 - MOST_BEFORE, 30), *range(31, 31 + MOST_AFTER)]


def test_antecedents_are_the_last_triggers_of_the_same_label() -> None:
    assert found().antecedents.tolist() == [[1, 7]]
    assert found().antecedent_features.tolist() == [[1 + 1, 0]]
    many = [Span(str(i), 2 * i, 2 * i + 1, "Attack" if i % 2 else "Harm") for i in range(30)]
    antecedents = found("a " * 30, many).antecedents
    last = antecedents[antecedents[:, 1] == 29, 0].tolist()
    assert last == [27 - 2 * i for i in reversed(range(MOST_ANTECEDENTS))]


def test_no_mention_and_no_trigger_make_no_pair() -> None:
    for spans in ([], SPANS[:1], SPANS[1:2]):
        pairs = found(spans=spans)
        assert pairs.pairs.shape == (0, 2)
        assert pairs.features.shape == (0, len(FEATURES))
        assert pairs.allowed.shape == (0, 3)


def test_an_ontology_without_roles_allows_nothing() -> None:
    bare = ONTOLOGY.model_copy(update={"roles": ()})
    pairs = CandidateFinder(Signatures.of(Ontology.model_validate(bare.model_dump(by_alias=True))))(TEXT, SPANS)
    assert pairs.pairs.shape == (0, 2)


def test_common_words_are_counted_without_regard_to_case() -> None:
    assert common_words([(TEXT, SPANS)])[:3] == (".", "attacked", ",")


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 3), st.sampled_from(ONTOLOGY.labels)), max_size=25))
def test_every_feature_stays_below_its_number_of_values(places: list[tuple[int, int, str]]) -> None:
    text = ("One, two. Three: “four”\n" * 12)[:240]
    ends = [0]
    for gap, length, _ in places:
        ends += [ends[-1] + gap, ends[-1] + gap + length]
    spans = [
        Span(str(i), start, end, label)
        for i, ((start, end), (_, _, label)) in enumerate(zip(list(pairwise(ends))[1::2], places, strict=True))
        if end <= len(text)
    ]
    pairs = found(text, spans)
    assert (pairs.features >= 0).all()
    assert (pairs.features < list(FEATURES.values())).all()
    assert pairs.allowed.any(axis=1).all()
    assert (np.diff(pairs.pairs[:, 0]) >= 0).all()
