from dataclasses import replace

from eventcorpus.eval.evaluate import evaluate
from eventcorpus.eval.runs import Run, gold_sha256, only_judged
from eventcorpus.ontology import parse_ontology
from eventcorpus.predictions import ModelName, PredictedMention, PredictedRole, Prediction
from eventcorpus.schema import AnnotatedArticle, Article, Event, Role, Span

ONTOLOGY = parse_ontology(
    {
        "name": "t",
        "version": "2.0.0",
        "triggers": [{"name": "Attack"}],
        "entities": [{"name": "Actor"}, {"name": "Place"}],
        "roles": [
            {"name": "agent", "signatures": [{"from": ["Attack"], "to": ["Actor"]}]},
            {"name": "place", "signatures": [{"from": ["Attack"], "to": ["Place"]}]},
        ],
        "attributes": [
            {
                "name": "modality",
                "of": "triggers",
                "default": "actual",
                "values": [{"name": "actual"}, {"name": "denied"}],
            }
        ],
    },
    place="here",
)

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


def predicted(annotated: AnnotatedArticle) -> Prediction:
    article = annotated.article
    mentions = tuple(
        PredictedMention(
            start=s.start, end=s.end, label=s.label, text=article.text[s.start : s.end], id=s.id,
            attributes=dict(s.attributes),
        )
        for s in annotated.spans
    )  # fmt: skip
    roles = tuple(PredictedRole(role=r.role, trigger=r.trigger, argument=r.argument) for r in annotated.roles)
    return Prediction(
        model=ModelName(name="m"), id=article.id, text_sha256=article.text_sha256, mentions=mentions, roles=roles
    )


LATER = AnnotatedArticle(  # annotated before Place, its role and the attribute came to the ontology
    Article("z", "Rebels attacked Homs"),
    (Span("e", 7, 15, "Attack"), Span("a", 0, 6, "Actor")),
    ("Attack", "Actor"),
    (Role("agent", "e", "a"),),
    not_annotated=("place", "modality"),
)
MODEL = replace(
    LATER,
    spans=(Span("e", 7, 15, "Attack", (("modality", "denied"),)), LATER.spans[1], Span("p", 16, 20, "Place")),
    roles=(*LATER.roles, Role("place", "e", "p")),
)


def test_what_annotators_could_not_use_is_not_judged() -> None:
    (kept,), left_out = only_judged([LATER], [predicted(MODEL)], ONTOLOGY.labels)
    assert [(m.label, m.attributes) for m in kept.mentions] == [("Attack", {}), ("Actor", {})]
    assert [role.role for role in kept.roles or ()] == ["agent"]
    assert left_out == {"Place": 1, "modality": 1}
    whole = predicted(replace(MODEL, not_annotated=()))
    assert only_judged([replace(MODEL, labels_annotated=ONTOLOGY.labels, not_annotated=())], [whole]) == ([whole], {})


def test_it_is_in_no_figure_and_the_report_says_so() -> None:
    report = evaluate([LATER], [Run([predicted(MODEL)])], ONTOLOGY, name="d", split="test", n_resamples=0)
    assert report.exact.micro.f1 == 1 and report.not_judged == {"Place": 1, "modality": 1}
    assert report.events is not None and report.events.argument_attached is not None
    assert report.events.argument_attached.micro.f1 == 1 and report.events.attributes == {}
    assert "not judged, in articles whose annotators could not use them: Place 1, modality 1" in list(report.notices())


def test_a_label_that_no_ontology_knows_is_judged() -> None:
    odd = replace(MODEL, spans=(Span("o", 16, 20, "Oddity"),), roles=())
    (kept,), left_out = only_judged([LATER], [predicted(odd)], ONTOLOGY.labels)
    assert [mention.label for mention in kept.mentions] == ["Oddity"] and not left_out
