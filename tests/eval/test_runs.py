from dataclasses import replace

from eventcorpus.eval.runs import gold_sha256
from eventcorpus.schema import AnnotatedArticle, Article, Event, Role, Span

SPANS = (Span("e", 7, 15, "Attack", (("modality", "actual"),)), Span("a", 0, 6, "Actor"))
ONE = AnnotatedArticle(
    Article("x", "Rebels attacked"),
    SPANS,
    ("Attack", "Actor"),
    (Role("agent", "e", "a"),),
    (Event("e1", "Attack", ("e",)),),
)
OTHER = AnnotatedArticle(Article("y", "Nothing"), (), ("Attack", "Actor"))


def test_order_and_ids_change_nothing() -> None:
    renamed = replace(
        ONE, spans=(replace(SPANS[1], id="2"), replace(SPANS[0], id="1")), roles=(Role("agent", "1", "2"),),
        events=(Event("other", "Attack", ("1",)),), annotator="a2",
    )  # fmt: skip
    assert gold_sha256([ONE, OTHER]) == gold_sha256([OTHER, renamed])


def test_everything_that_gold_says_changes_it() -> None:
    changed = [
        replace(ONE, article=Article("x", "Rebels attacked.")),
        replace(ONE, article=Article("z", "Rebels attacked")),
        replace(ONE, spans=(replace(SPANS[0], attributes=(("modality", "denied"),)), SPANS[1])),
        replace(ONE, spans=(SPANS[0], replace(SPANS[1], label="Place"))),
        replace(ONE, spans=(SPANS[0], replace(SPANS[1], end=5))),
        replace(ONE, roles=()),
        replace(ONE, events=()),
    ]
    assert len({gold_sha256([one, OTHER]) for one in [ONE, *changed]}) == 1 + len(changed)
    assert gold_sha256([ONE]) != gold_sha256([ONE, OTHER])
