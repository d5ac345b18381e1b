"""Articles with roles, attributes and events, and a system whose errors in them are known, for tests of the page.

The names of the ontology and the words of the second article want to break the page.
"""

from __future__ import annotations

from collections.abc import Sequence

from eventcorpus.eval.evaluate import evaluate
from eventcorpus.eval.report import Report
from eventcorpus.eval.runs import Run
from eventcorpus.ontology import AttributeType, AttributeValue, Label, Ontology, RoleType
from eventcorpus.predictions import ModelName, PredictedMention, PredictedRole, Prediction
from eventcorpus.render.evaluation import eval_page
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span

ODD = "</script><img src=x onerror=alert(7)>\"'"
PLANNED = "planned <b onmouseover=alert(8)>"
ONTOLOGY = Ontology(
    name="t",
    version="1.0.0",
    flat=False,
    triggers=(Label(name="Attack"), Label(name="Death")),
    entities=(Label(name="Actor"), Label(name="Place"), Label(name="Time")),
    roles=(
        *(RoleType(name=name) for name in ("agent", "place", "time", ODD)),
        RoleType(name="same", joins_events=True),
    ),
    attributes=(
        AttributeType(
            name="modality",
            of="triggers",
            default="actual",
            values=(AttributeValue(name="actual"), AttributeValue(name=PLANNED)),
        ),
    ),
)
Marked = tuple[str, str]
Linked = tuple[str, int, int]
RAID = (
    "On Monday rebels attacked an army post near Homs with rockets and mortars, killing three soldiers, residents of "
    "the neighbouring villages said.\n\nThe raid lasted until nightfall. A second assault on Aleppo is feared."
)
RAID_GOLD: tuple[Marked, ...] = (("Monday", "Time"), ("rebels", "Actor"), ("attacked", "Attack"), ("Homs", "Place"), ("killing", "Death"), ("raid", "Attack"), ("assault", "Attack"), ("Aleppo", "Place"))  # fmt: skip
RAID_ROLES: tuple[Linked, ...] = (("time", 2, 0), ("agent", 2, 1), ("place", 2, 3), ("agent", 5, 1), ("place", 4, 3), ("place", 6, 7), ("same", 5, 2))  # fmt: skip
HOSTILE = f"The {ODD} rebels shelled Homs. <script>alert(9)</script> died."
HOSTILE_GOLD: tuple[Marked, ...] = ((ODD, "Actor"), ("shelled", "Attack"), ("Homs", "Place"), ("died", "Death"), ("<script>alert(9)</script>", "Actor"))  # fmt: skip
HOSTILE_ROLES: tuple[Linked, ...] = ((ODD, 1, 0), ("place", 1, 2), (ODD, 3, 4))


def annotated(
    name: str, text: str, marked: Sequence[Marked], roles: Sequence[Linked], *planned: int
) -> AnnotatedArticle:
    """An annotated article; the triggers at the positions ``planned`` have the attribute's other value."""
    spans = [
        Span(
            str(i), text.index(words), text.index(words) + len(words), label,
            (("modality", PLANNED),) if i in planned else (),
        )
        for i, (words, label) in enumerate(marked)
    ]  # fmt: skip
    links = [Role(role, str(trigger), str(argument)) for role, trigger, argument in roles]
    return AnnotatedArticle(Article(name, text, title=f"About {name}"), tuple(spans), ONTOLOGY.labels, tuple(links))


def gold() -> list[AnnotatedArticle]:
    """Two articles: 9 roles, 1 pair of triggers of one event, 6 triggers with a modality."""
    return [
        annotated("raid", RAID, RAID_GOLD, RAID_ROLES, 6),
        annotated(f"hostile {ODD}", HOSTILE, HOSTILE_GOLD, HOSTILE_ROLES, 3),
    ]


def predicted(article: Article, marked: Sequence[Marked], roles: Sequence[Linked], *planned: int) -> Prediction:
    """What a system says in the same words; every role is given with 0.8, every attribute with 0.6."""
    mentions = []
    for i, (words, label) in enumerate(marked):
        start = article.text.index(words)
        is_trigger = label in ONTOLOGY.trigger_names
        mentions.append(
            PredictedMention(
                start=start, end=start + len(words), label=label, text=words, confidence=0.9, id=f"m{i}",
                attributes={"modality": PLANNED if i in planned else "actual"} if is_trigger else {},
                attribute_confidences={"modality": 0.6} if is_trigger else {},
            )
        )  # fmt: skip
    links = tuple(PredictedRole(role=r, trigger=f"m{t}", argument=f"m{a}", confidence=0.8) for r, t, a in roles)
    return Prediction(
        model=ModelName(name="m"), id=article.id, text_sha256=article.text_sha256, mentions=tuple(mentions), roles=links
    )


def system() -> list[Prediction]:
    """Of "attacked" it has agent and place, misses the time, and takes Aleppo for a place as well.

    It has the place and the modality of "assault" wrong, misses "killing", and joins the raid to the assault, not to
    the attack; of the hostile article it has everything.
    """
    raid = tuple(m for m in RAID_GOLD if m[0] != "killing")
    raid_roles = (("agent", 2, 1), ("place", 2, 3), ("place", 2, 6), ("agent", 4, 1), ("place", 5, 3), ("same", 5, 4))
    articles = [one.article for one in gold()]
    return [
        predicted(articles[0], raid, raid_roles),
        predicted(articles[1], HOSTILE_GOLD, HOSTILE_ROLES, 3),
    ]


def report_of(predictions: Sequence[Prediction]) -> Report:
    """The report on these predictions."""
    return evaluate(gold(), [Run(predictions)], ONTOLOGY, name="ds", split="test", n_resamples=0)


def page_of(predictions: Sequence[Prediction]) -> str:
    """The page of the report."""
    return eval_page(report_of(predictions), gold(), predictions, ONTOLOGY)


def without_links(predictions: Sequence[Prediction]) -> list[Prediction]:
    """The same mentions of a system that gives neither roles nor attributes."""
    return [
        Prediction(
            model=p.model, id=p.id, text_sha256=p.text_sha256,
            mentions=tuple(m.model_copy(update={"id": None, "attributes": None, "attribute_confidences": None}) for m in p.mentions),
        )
        for p in predictions
    ]  # fmt: skip
