"""Two systems side by side: the difference, what was fixed and what broke."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import LABELS, corpus, empty, perfect, system

from eventcorpus.errors import InputError, PredictionsError
from eventcorpus.eval.class_map import ClassMap
from eventcorpus.eval.compare import Comparison, compare
from eventcorpus.eval.runs import Run
from eventcorpus.predictions import ModelName, prediction_of
from eventcorpus.render.compare import comparison_lines, comparison_table, verdict
from eventcorpus.schema import AnnotatedArticle, Article, Mention, Span

GOLD = corpus(30, seed=1)
GOOD, POOR = system(GOLD, 0.8, seed=1, name="good"), system(GOLD, 0.5, seed=2, name="poor")


def compared(first: list[Run], second: list[Run], **more: object) -> Comparison:
    options = {"labels": LABELS, "n_resamples": 200, "rounds": 500} | more
    return compare(options.pop("gold", GOLD), first, second, **options)  # type: ignore[arg-type]


def test_a_better_system_is_told_from_a_poorer_one() -> None:
    found = compared([POOR], [GOOD])
    micro = found.micro
    assert (
        micro.first is not None
        and micro.second is not None
        and micro.difference.value == micro.second - micro.first > 0.1
    )
    assert micro.difference.interval is not None and micro.difference.interval.low > 0
    assert micro.p_randomisation == pytest.approx(1 / 501) and micro.p_bootstrap == pytest.approx(1 / 201)
    assert micro.effect_size is not None and micro.effect_size > 1
    assert micro.smallest_difference is not None and 0 < micro.smallest_difference < micro.difference.value
    assert verdict(found).startswith(
        f"B is better by {100 * micro.difference.value:.1f} points of micro F1 (p = 0.002,"
    )
    assert verdict(compared([GOOD], [POOR])).startswith("A is better by")


def test_a_system_against_itself_shows_nothing() -> None:
    found = compared([GOOD], [GOOD])
    assert (found.micro.difference.value, found.micro.p_randomisation, found.micro.p_bootstrap) == (0.0, 1.0, 1.0)
    assert found.fixed == found.broken == ()
    assert verdict(found).startswith("no difference shown: 0.0 points")


def test_the_reverse_comparison_is_the_mirror_image() -> None:
    one, other = compared([POOR], [GOOD]), compared([GOOD], [POOR])
    assert one.micro.p_randomisation == other.micro.p_randomisation
    assert one.micro.difference.value == pytest.approx(-(other.micro.difference.value or 0))
    assert [(c.article, c.start, c.label, c.side) for c in one.fixed] == [
        (c.article, c.start, c.label, c.side) for c in other.broken
    ]


def test_changes_balance_with_the_counts_of_both() -> None:
    found = compared([POOR], [GOOD])
    for label in LABELS:
        gained = sum(c.label == label and c.side == "gold" for c in found.fixed)
        lost = sum(c.label == label and c.side == "gold" for c in found.broken)
        correct = [
            sum(
                (m.start, m.end, m.label) in {(s.start, s.end, s.label) for s in one.spans}
                for one, p in zip(GOLD, run.predictions, strict=True) for m in p.mentions if m.label == label
            )
            for run in (POOR, GOOD)
        ]  # fmt: skip
        assert correct[1] - correct[0] == gained - lost
        assert found.labels[label].fixed == sum(c.label == label for c in found.fixed)


TEXT = "rebels left the old town of Homs on monday with armour"
ONE = AnnotatedArticle(
    Article("x", TEXT), (Span("1", 0, 6, "Actor"), Span("2", 12, 32, "Place"), Span("3", 36, 42, "Time")), LABELS
)
TWO = AnnotatedArticle(Article("y", "nothing"), (), LABELS)


def says(*spans: tuple[int, int, str]) -> Run:
    mentions = [Mention(s, e, label, TEXT[s:e], 0.9) for s, e, label in spans]
    return Run([prediction_of(ONE.article, mentions, ModelName(name="m"))])


def changes(first: list[Run], second: list[Run]) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    found = compared(first, second, gold=[ONE, TWO])
    return tuple(  # type: ignore[return-value]
        [(c.label, c.text, c.side, c.first, c.second) for c in several] for several in (found.fixed, found.broken)
    )


def test_what_was_fixed_and_broken_says_what_it_was_before_and_after() -> None:
    before = says((0, 6, "Place"), (16, 32, "Place"), (36, 42, "Time"), (48, 54, "Actor"))
    after = says((0, 6, "Actor"), (12, 32, "Place"), (7, 11, "Time"))
    assert changes([before], [after]) == (
        [
            ("Actor", "rebels", "gold", "label", "correct"),
            ("Actor", "armour", "predicted", "spurious", "absent"),
            ("Place", "the old town of Homs", "gold", "boundary", "correct"),
        ],
        [("Time", "left", "predicted", "absent", "spurious"), ("Time", "monday", "gold", "correct", "missed")],
    )


def test_another_error_in_the_same_place_is_neither_fixed_nor_broken() -> None:
    assert changes([says((0, 6, "Place"))], [says((0, 4, "Actor"))]) == ([], [])


def test_of_several_runs_most_decide() -> None:
    right, wrong = says((0, 6, "Actor")), says((7, 11, "Actor"))
    assert changes([wrong, wrong, right], [right, right, wrong]) == (
        [("Actor", "rebels", "gold", "missed", "correct"), ("Actor", "left", "predicted", "spurious", "absent")], [],
    )  # fmt: skip
    assert changes([wrong, right, right], [right]) == ([], [])


def test_runs_are_compared_by_their_means_also_where_one_side_has_fewer() -> None:
    runs = [system(GOLD, share, seed=i) for i, share in enumerate((0.5, 0.55, 0.6))]
    found = compared(runs, [GOOD])
    each = [run.micro_f1 or 0 for run in found.first.runs]
    assert found.micro.first == pytest.approx(sum(each) / 3)
    assert found.micro.second == pytest.approx(found.second.runs[0].micro_f1)
    assert found.micro.p_randomisation == pytest.approx(1 / 501)
    assert any(line.startswith("A: micro F1 of its runs ") for line in comparison_lines(found))


def test_perfect_against_empty_is_everything() -> None:
    found = compared([empty(GOLD)], [perfect(GOLD)])
    assert (found.micro.first, found.micro.second, found.macro.difference.value) == (0.0, 1.0, 1.0)
    assert found.micro.difference.interval is not None
    assert (found.micro.difference.interval.low, found.micro.difference.interval.high) == (1.0, 1.0)
    assert len(found.fixed) == sum(len(one.spans) for one in GOLD) and not found.broken
    assert found.micro.effect_size is None  # no spread to measure it by


@settings(max_examples=6, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_changes_nothing(dice: random.Random) -> None:
    def shuffled(run: Run) -> Run:
        return Run(
            dice.sample(
                [
                    p.model_copy(update={"mentions": tuple(dice.sample(p.mentions, len(p.mentions)))})
                    for p in run.predictions
                ],
                len(GOLD),
            )
        )

    one, other = (
        compared([POOR], [GOOD]),
        compared([shuffled(POOR)], [shuffled(GOOD)], gold=dice.sample(GOLD, len(GOLD))),
    )
    leave_out = {"first", "second"}
    assert one.model_dump(exclude=leave_out) == other.model_dump(exclude=leave_out)


def test_labels_that_nobody_has_are_undefined_and_not_in_the_table() -> None:
    found = compared([POOR], [GOOD], labels=[*LABELS, "Weapon"])
    weapon = found.labels["Weapon"]
    assert (weapon.first, weapon.difference.value, weapon.p_randomisation, weapon.p_holm) == (None, None, None, None)
    table = comparison_table(found)
    assert list(table.columns[0].cells) == [*LABELS, "micro", "macro"]


def test_holm_multiplies_the_smallest_p_by_the_number_of_labels() -> None:
    found = compared([POOR], [GOOD])
    smallest = min(row.p_randomisation or 1 for row in found.labels.values())
    assert min(row.p_holm or 1 for row in found.labels.values()) == pytest.approx(3 * smallest)
    assert found.micro.p_holm is None


def test_classes_are_compared_as_classes() -> None:
    names = dict.fromkeys(LABELS, "Thing")
    found = compared([POOR], [GOOD], labels=["Thing"], class_map=ClassMap(gold=names, predicted=names))
    assert list(found.labels) == ["Thing"]
    assert found.labels["Thing"].difference == found.micro.difference


def test_articles_of_one_cluster_cannot_be_compared() -> None:
    gold = corpus(5, seed=1, cluster_of=5)
    with pytest.raises(InputError, match="has 5 articles in one cluster.* at least two articles that are independent"):
        compared([system(gold, 0.5)], [system(gold, 0.8)], gold=gold)


def test_numbers_of_runs_that_are_far_apart_are_refused() -> None:
    runs = [system(GOLD, 0.5, seed=i) for i in range(11)]
    with pytest.raises(InputError, match="7 runs against 11; they are compared in pairs, 77 of them, and at most 60"):
        compared(runs[:7], runs)


def test_predictions_of_other_articles_are_refused() -> None:
    with pytest.raises(PredictionsError, match="predictions: not one of the 30 articles of split 'test' is in it"):
        compared([GOOD], [says()])
