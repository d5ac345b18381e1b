"""Agreement by hand, against independent packages, and what must hold whoever annotates what."""

import json
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from seqeval.metrics import f1_score
from seqeval.scheme import IOB2
from sklearn.metrics import cohen_kappa_score

from eventcorpus.agreement.agree import AgreementReport, PairAgreement, agreement
from eventcorpus.errors import InputError
from eventcorpus.ontology import parse_ontology
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span, join_events

ONTOLOGY = parse_ontology(
    {
        "name": "mini",
        "version": "1.0.0",
        "triggers": [{"name": "Attack"}, {"name": "March"}],
        "entities": [{"name": "Actor"}, {"name": "Place"}],
        "roles": [
            {"name": "agent"},
            {"name": "place"},
            {"name": "same_event", "signatures": [{"to": "same"}], "joins_events": True},
        ],
        "attributes": [
            {"name": "modality", "of": "triggers", "values": [{"name": "actual"}, {"name": "planned"}]},
            {"name": "note", "of": ["Actor"]},
        ],
    },
    place="test",
)
TEXT = "rebels attacked the town; the army attacked rebels, who marched"
#       0      7        16        26  30   35       44           56


def annotated(
    annotator: str,
    *spans: tuple[int, int, str],
    roles: Sequence[tuple[str, int, int]] = (),
    said: dict[int, tuple[str, str]] | None = None,
    article: Article | None = None,
    labels: tuple[str, ...] = ONTOLOGY.labels,
) -> AnnotatedArticle:
    """``roles`` and ``said`` name spans by their place in ``spans``."""
    made = tuple(
        Span(f"{annotator}:{i}", *span, ((said[i]),) if said and i in said else ()) for i, span in enumerate(spans)
    )
    links = tuple(Role(role, f"{annotator}:{a}", f"{annotator}:{b}") for role, a, b in roles)
    events = join_events(made, links, triggers=set(ONTOLOGY.trigger_names), link="same_event")
    return AnnotatedArticle(article or Article("x", TEXT), made, labels, links, events, annotator)


def report(*articles: Sequence[AnnotatedArticle], **settings: Any) -> AgreementReport:
    return agreement(articles, ONTOLOGY, **({"n_resamples": 50} | settings)).report


def pair(*articles: Sequence[AnnotatedArticle], **settings: Any) -> PairAgreement:
    return report(*articles, **settings).all_pairs


def test_spans_by_hand() -> None:
    one = annotated("a1", (0, 6, "Actor"), (7, 15, "Attack"), (16, 24, "Place"), (26, 34, "Actor"))
    two = annotated("a2", (0, 6, "Actor"), (7, 15, "March"), (20, 24, "Place"), (30, 34, "Actor"), (44, 50, "Actor"))
    found = pair([one, two])
    actor, place, march = (found.labels[name] for name in ("Actor", "Place", "March"))
    assert (actor.first, actor.second, actor.exact, actor.overlapping) == (2, 3, 1, 2)
    assert (actor.f1_exact.value, actor.f1_overlap.value) == (0.4, 0.8)
    assert (place.f1_exact.value, place.f1_overlap.value) == (0.0, 1.0)
    assert (march.first, march.second, march.f1_overlap.value) == (0, 1, 0.0)
    assert found.all_labels.f1_exact.value == pytest.approx(2 / 9)
    assert found.all_labels.f1_overlap.value == pytest.approx(6 / 9)


def test_the_overlap_threshold_is_a_share_of_all_characters_of_both() -> None:
    one, two = annotated("a1", (26, 34, "Actor")), annotated("a2", (30, 34, "Actor"))
    assert pair([one, two], threshold=0.5).labels["Actor"].overlapping == 1
    assert pair([one, two], threshold=0.51).labels["Actor"].overlapping == 0


def test_a_span_marked_twice_matches_one_span_once() -> None:
    found = pair([annotated("a1", (0, 6, "Actor"), (0, 6, "Actor")), annotated("a2", (0, 6, "Actor"))])
    assert (found.labels["Actor"].first, found.labels["Actor"].exact) == (2, 1)


def test_roles_with_and_without_the_disagreement_about_spans() -> None:
    spans = [(0, 6, "Actor"), (7, 15, "Attack"), (16, 24, "Place")]
    one = annotated("a1", *spans, roles=[("agent", 1, 0), ("place", 1, 2)])
    two = annotated("a2", *spans[:2], (20, 24, "Place"), roles=[("agent", 1, 0), ("place", 1, 2)])
    found = pair([one, two])
    assert (found.all_roles.first, found.all_roles.second, found.all_roles.both) == (2, 2, 1)
    assert found.all_roles.f1.value == 0.5
    assert (found.all_roles.first_given_ends, found.all_roles.f1_given_ends.value) == (1, 1.0)
    assert (found.roles["place"].f1.value, found.roles["place"].f1_given_ends.value) == (0.0, None)
    assert "same_event" not in found.roles


def test_attributes_on_spans_that_both_marked_alike() -> None:
    spans = [(0, 6, "Actor"), (7, 15, "Attack"), (35, 43, "Attack"), (56, 63, "March")]
    actual, planned = ("modality", "actual"), ("modality", "planned")
    one = annotated("a1", *spans, said={0: ("note", "armed"), 1: actual, 2: actual, 3: planned})
    two = annotated("a2", *spans, said={0: ("note", "men"), 1: actual, 2: planned})
    modality, note = (pair([one, two]).attributes[name] for name in ("modality", "note"))
    assert (modality.spans, modality.agreed) == (3, 1)
    assert modality.agreement.value == pytest.approx(1 / 3)
    expected = cohen_kappa_score(["actual", "actual", "planned"], ["actual", "planned", "nothing"])
    assert modality.kappa.value == pytest.approx(expected)
    assert (note.spans, note.agreement.value, note.kappa.value) == (1, 0.0, None)


def test_events_on_triggers_of_both_and_on_all() -> None:
    one = annotated("a1", (7, 15, "Attack"), (35, 43, "Attack"), (56, 63, "March"), roles=[("same_event", 1, 0)])
    two = annotated("a2", (7, 15, "Attack"), (35, 43, "Attack"))
    events = pair([one, two]).events
    assert events is not None
    assert (events.first, events.second, events.triggers_of_both) == (2, 2, 2)
    # {7, 35} against {7} {35}: precision 1, recall 1/2
    given_both = events.on_triggers_of_both
    assert (given_both.precision.value, given_both.recall.value) == (1.0, 0.5)
    assert given_both.f1.value == pytest.approx(2 / 3)
    # the march of the first counts as gold that was not found: recall (1/2 + 1/2 + 0) / 3
    assert events.on_all_triggers.recall.value == pytest.approx(1 / 3)
    assert (events.same_number.value, events.difference.value) == (1.0, 0.0)


def test_the_number_of_events_is_that_of_the_package_krippendorff() -> None:
    places = [(7, 15), (35, 43), (44, 50), (56, 63)]
    numbers = [(1, 1), (2, 3), (4, 4), (0, 1), (3, 1)]
    articles = [
        [
            annotated(name, *((*place, "Attack") for place in places[:n]), article=Article(f"x{i}", TEXT))
            for name, n in zip(("a1", "a2"), both, strict=True)
        ]
        for i, both in enumerate(numbers)
    ]
    events = pair(*articles).events
    assert events is not None
    expected = krippendorff.alpha(np.array(numbers, dtype=float).T, level_of_measurement="interval")
    assert events.alpha_number.value == pytest.approx(expected)
    assert (events.same_number.value, events.difference.value) == (0.4, 0.8)


def test_an_ontology_that_joins_no_triggers_has_no_events() -> None:
    ontology = parse_ontology({"name": "mini", "version": "1.0.0", "triggers": [{"name": "Attack"}]}, place="test")
    found = agreement([[annotated("a1", (7, 15, "Attack")), annotated("a2")]], ontology, n_resamples=10).report
    assert found.all_pairs.events is None


def test_nothing_marked_by_either_is_undefined() -> None:
    found = pair([annotated("a1"), annotated("a2")])
    assert found.all_labels.f1_exact.value is None and found.all_labels.alpha_characters.value is None
    assert found.all_roles.f1.value is None and found.attributes["modality"].agreement.value is None


def test_labels_that_one_could_not_use_are_left_out_and_told() -> None:
    one = annotated("a1", (0, 6, "Actor"), (7, 15, "Attack"), roles=[("agent", 1, 0)])
    two = annotated("a2", (7, 15, "Attack"), labels=("Attack", "March", "Place"))
    found = pair([one, two], [replace(one, article=Article("y", TEXT)), annotated("a2", article=Article("y", TEXT))])
    assert found.labels_left_out == {"Actor": 1}
    assert (found.labels["Actor"].first, found.labels["Actor"].second) == (1, 0)
    assert (found.all_roles.first, found.labels["Attack"].exact) == (1, 1)
    assert found.labels["Actor"].alpha_characters.value == pytest.approx(
        -6 * (2 * len(TEXT) - 1) / (6 * (2 * len(TEXT) - 6)) + 1
    )


def test_roles_and_attributes_that_one_could_not_use_are_left_out() -> None:
    spans = [(0, 6, "Actor"), (7, 15, "Attack"), (16, 24, "Place")]
    one = annotated("a1", *spans, roles=[("agent", 1, 0), ("place", 1, 2)], said={1: ("modality", "planned")})
    two = replace(annotated("a2", *spans, roles=[("agent", 1, 0)]), not_annotated=("place", "modality"))
    found = pair([one, two])
    assert (found.all_roles.first, found.all_roles.second, found.all_roles.both) == (1, 1, 1)
    assert found.attributes["modality"].spans == 0


def test_adjudicated_rows_agree_with_nobody_and_are_counted() -> None:
    one, two = annotated("a1", (0, 6, "Actor")), annotated("a2", (0, 6, "Place"))
    found = report([one, two, replace(one, annotator="adjudicated")])
    assert len(found.pairs) == 1 and found.dataset.rows_adjudicated == 1
    assert found.all_pairs.all_labels.exact == 0
    assert found.dataset.annotators == {"a1": 1, "a2": 1}


def test_articles_of_one_annotator_say_nothing() -> None:
    alone = annotated("a1", (0, 6, "Actor"), article=Article("y", TEXT))
    found = report([annotated("a1", (0, 6, "Actor")), annotated("a2", (0, 6, "Actor"))], [alone])
    assert (found.dataset.articles, found.dataset.articles_of_several, found.all_pairs.articles) == (2, 1, 1)
    with pytest.raises(InputError, match=r"ds: no article has two annotators \(articles: a1 1\); have some"):
        report([alone], name="ds")


def test_several_pairs_are_added_up() -> None:
    one, two, three = (
        annotated(name, (0, 6, label)) for name, label in (("a2", "Actor"), ("a10", "Actor"), ("a3", "Place"))
    )
    found = report([one, two, three])
    assert [p.pairs[0] for p in found.pairs] == [("a2", "a3"), ("a2", "a10"), ("a3", "a10")]
    assert [p.all_labels.exact for p in found.pairs] == [0, 1, 0]
    everything = found.all_pairs
    assert (everything.articles, everything.all_labels.first, everything.all_labels.exact) == (1, 3, 1)
    assert everything.all_labels.f1_exact.value == pytest.approx(1 / 3)


def test_kappa_over_pairs_does_not_mix_their_marginals() -> None:
    spans = [(7, 15, "Attack"), (35, 43, "Attack"), (56, 63, "March")]

    def said(annotator: str, *values: str) -> AnnotatedArticle:
        return annotated(annotator, *spans, said={i: ("modality", value) for i, value in enumerate(values)})

    one = said("a1", "actual", "actual", "planned")
    two = said("a2", "actual", "planned", "planned")
    three = said("a3", "planned", "planned", "planned")
    found = report([one, two, three])
    # agreed 2 + 1 + 2; by chance 3 (2/3 1/3 + 1/3 2/3) + 3 (1/3) + 3 (2/3)
    agreed, chance = 5, 3 * 4 / 9 + 1 + 2
    assert found.all_pairs.attributes["modality"].kappa.value == pytest.approx((agreed - chance) / (9 - chance))


def test_over_all_labels_alpha_is_undefined_where_spans_of_different_labels_overlap() -> None:
    nested = annotated("a1", (16, 34, "Place"), (26, 34, "Actor"))
    found = pair([nested, annotated("a2", (16, 34, "Place"))])
    assert found.all_labels.alpha_characters.value is None
    assert found.labels["Place"].alpha_characters.value == 1.0


def test_articles_of_one_cluster_are_one_unit() -> None:
    articles = [
        [annotated(name, (0, 6, "Actor"), article=Article(f"x{i}", TEXT, cluster=cluster)) for name in ("a1", "a2")]
        for i, cluster in enumerate(["c", "c", None, None])
    ]
    assert (pair(*articles).articles, pair(*articles).units) == (4, 3)


labels = st.sampled_from(ONTOLOGY.labels)


@st.composite
def annotations(draw: st.DrawFn, annotator: str, article: Article) -> AnnotatedArticle:
    """Spans of whole words that do not overlap, roles and attributes among them."""
    borders = [0, 6, 7, 15, 16, 19, 20, 24, 26, 29, 30, 34, 35, 43, 44, 50, 56, 63]
    words = list(zip(borders[::2], borders[1::2], strict=True))
    spans: list[tuple[int, int, str]] = []
    i = 0
    while i < len(words):
        length = draw(st.integers(0, 2))
        if length:
            last = min(i + length, len(words)) - 1
            spans.append((words[i][0], words[last][1], draw(labels)))
        i += max(length, 1)
    places = st.integers(0, max(len(spans) - 1, 0))
    triggers = [i for i, span in enumerate(spans) if span[2] in ONTOLOGY.trigger_names]
    roles: set[tuple[str, int, int]] = set()
    if len(spans) > 1 and triggers:
        drawn = draw(
            st.lists(
                st.tuples(st.sampled_from(["agent", "place", "same_event"]), st.sampled_from(triggers), places),
                max_size=4,
            )
        )
        roles = {role for role in drawn if role[1] != role[2]}
    said = {i: ("modality", draw(st.sampled_from(["actual", "planned"]))) for i in triggers}
    return annotated(annotator, *spans, roles=sorted(roles), said=said, article=article)


@st.composite
def corpora(draw: st.DrawFn) -> list[list[AnnotatedArticle]]:
    articles = [Article(f"x{i}", TEXT) for i in range(draw(st.integers(1, 4)))]
    return [[draw(annotations(name, article)) for name in ("a1", "a2")] for article in articles]


quick = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(corpora())
def test_alpha_per_label_and_over_all_is_that_of_the_package_krippendorff(
    articles: list[list[AnnotatedArticle]],
) -> None:
    found = pair(*articles, n_resamples=2)
    rows = np.zeros((len(ONTOLOGY.labels) + 1, 2, len(TEXT) * len(articles)))
    for i, both in enumerate(articles):
        for side, one in enumerate(both):
            for span in one.spans:
                where = slice(i * len(TEXT) + span.start, i * len(TEXT) + span.end)
                rows[ONTOLOGY.rank[span.label], side, where] = 1
                rows[-1, side, where] = ONTOLOGY.rank[span.label] + 1
    for row, ours in zip(rows, [*found.labels.values(), found.all_labels], strict=True):
        value = ours.alpha_characters.value
        if len(np.unique(row)) == 1:
            assert value is None
        else:
            assert value == pytest.approx(krippendorff.alpha(row, level_of_measurement="nominal"))


@quick
@given(corpora())
def test_exact_f1_is_that_of_seqeval(articles: list[list[AnnotatedArticle]]) -> None:
    def tags(one: AnnotatedArticle) -> list[str]:
        row = ["O"] * len(TEXT)
        for span in one.spans:
            row[span.start : span.end] = [f"B-{span.label}"] + [f"I-{span.label}"] * (span.end - span.start - 1)
        return row

    value = pair(*articles, n_resamples=2).all_labels.f1_exact.value
    if value is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = f1_score(*([tags(both[side]) for both in articles] for side in (0, 1)), mode="strict", scheme=IOB2)
        assert value == pytest.approx(theirs)


def values_of(part: Any) -> Any:
    """The figures without their intervals."""
    if isinstance(part, dict):
        return part["value"] if set(part) == {"value", "low", "high"} else {k: values_of(v) for k, v in part.items()}
    return part


def symmetric(found: PairAgreement) -> dict[str, Any]:
    """What must not depend on who comes first."""
    part = values_of(json.loads(found.model_dump_json()))
    for row in (
        part["all_labels"],
        part["all_roles"],
        *part["labels"].values(),
        *part["roles"].values(),
        part["events"],
    ):
        for name in ("first", "first_given_ends"):
            if name in row:
                row[name], row[name.replace("first", "second")] = sorted(
                    (row[name], row[name.replace("first", "second")])
                )
    for grouping in (part["events"]["on_triggers_of_both"], part["events"]["on_all_triggers"]):
        grouping["precision"], grouping["recall"] = sorted((grouping["precision"] or 0, grouping["recall"] or 0))
    return dict(part)


@quick
@given(corpora())
def test_who_comes_first_changes_no_figure(articles: list[list[AnnotatedArticle]]) -> None:
    swapped = [[replace(two, annotator="a1"), replace(one, annotator="a2")] for one, two in articles]
    assert symmetric(pair(*articles, n_resamples=2)) == symmetric(pair(*swapped, n_resamples=2))


@quick
@given(corpora(), st.randoms(use_true_random=False))
def test_order_changes_no_figure(articles: list[list[AnnotatedArticle]], random: Any) -> None:
    def shuffled(one: AnnotatedArticle) -> AnnotatedArticle:
        spans, roles, events = list(one.spans), list(one.roles), list(one.events)
        for several in (spans, roles, events):
            random.shuffle(several)
        return replace(one, spans=tuple(spans), roles=tuple(roles), events=tuple(events))

    other = [[shuffled(one) for one in reversed(both)] for both in reversed(articles)]
    first, second = (values_of(json.loads(pair(*x, n_resamples=2).model_dump_json())) for x in (articles, other))
    assert first == second


@quick
@given(corpora())
def test_an_annotator_agrees_with_a_copy_of_themselves(articles: list[list[AnnotatedArticle]]) -> None:
    found = agreement([[one, replace(one, annotator="a2")] for one, _ in articles], ONTOLOGY, n_resamples=5)
    dumped = json.dumps(json.loads(found.report.all_pairs.model_dump_json()))
    for row in [*found.report.all_pairs.labels.values(), found.report.all_pairs.all_labels]:
        assert {row.f1_exact.value, row.f1_overlap.value, row.alpha_characters.value} <= {1.0, None}
    for role in [*found.report.all_pairs.roles.values(), found.report.all_pairs.all_roles]:
        assert {role.f1.value, role.f1_given_ends.value} <= {1.0, None}
    events = found.report.all_pairs.events
    assert events is not None and events.on_all_triggers.f1.value in (1.0, None) and events.difference.value == 0.0
    assert found.groups == [] and "NaN" not in dumped


@quick
@given(corpora())
def test_overlap_is_never_less_than_exact(articles: list[list[AnnotatedArticle]]) -> None:
    found = pair(*articles, n_resamples=2)
    assert all(row.exact <= row.overlapping <= min(row.first, row.second) for row in found.labels.values())


def test_intervals_of_many_articles_hold_their_figures_and_the_seed_repeats_them() -> None:
    generator = np.random.default_rng(5)
    words = [(0, 6, "Actor"), (7, 15, "Attack"), (16, 24, "Place"), (30, 34, "Actor"), (35, 43, "Attack")]
    articles = []
    for i in range(120):
        article = Article(f"x{i}", TEXT)
        sides = [[span for span in words if generator.random() < 0.8] for _ in range(2)]
        articles.append(
            [annotated(name, *side, article=article) for name, side in zip(("a1", "a2"), sides, strict=True)]
        )
    found = pair(*articles, n_resamples=400)
    assert found == pair(*articles, n_resamples=400) != pair(*articles, n_resamples=400, seed=1)
    for row in (found.all_labels, found.labels["Actor"], found.labels["Place"]):
        for figure in (row.f1_exact, row.f1_overlap, row.alpha_characters):
            assert figure.low is not None and figure.value is not None and figure.high is not None
            assert figure.low < figure.value < figure.high
