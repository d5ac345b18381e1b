"""An older model on a dataset whose ontology has renamed labels: its predictions follow, or it is refused."""

from typing import Any

import pytest

from eventcorpus.errors import OntologyError
from eventcorpus.eval.older_models import Carried
from eventcorpus.ontology import Ontology, parse_ontology
from eventcorpus.predictions import ModelName, PredictedMention, PredictedRole, Prediction
from eventcorpus.schema import AnnotatedArticle, Article, Span

OLD: dict[str, Any] = {
    "name": "mini", "version": "1.0.0", "triggers": [{"name": "Strike"}, {"name": "Event"}],
    "entities": [{"name": "Actor"}], "roles": [{"name": "by"}],
}  # fmt: skip
NEW = OLD | {"version": "2.0.0", "triggers": [{"name": "Walkout"}, {"name": "Riot"}], "roles": [{"name": "agent"}]}
CHANGES = [
    {"version": "2.0.0", "renamed": {"Strike": "Walkout", "by": "agent"}, "split": {"Event": ["Walkout", "Riot"]}}
]


def ontology(data: dict[str, Any], **changes: Any) -> Ontology:
    return parse_ontology(data | changes, place="o")


def test_labels_and_roles_follow_and_what_was_split_is_left_out_and_told() -> None:
    carried = Carried.between(ontology(OLD), ontology(NEW, changes=CHANGES), place="models/old")
    assert carried is not None
    found = Prediction(
        model=ModelName(name="old"),
        id="x",
        text_sha256="0" * 64,
        mentions=tuple(
            PredictedMention(start=i, end=i + 1, label=label, text="a", id=f"m{i}")
            for i, label in enumerate(("Strike", "Event", "Actor"))
        ),
        roles=(
            PredictedRole(role="by", trigger="m0", argument="m2"),
            PredictedRole(role="by", trigger="m1", argument="m2"),
        ),
    )
    now = carried.prediction(found)
    assert [mention.label for mention in now.mentions] == ["Walkout", "Actor"]
    assert now.roles == (PredictedRole(role="agent", trigger="m0", argument="m2"),)
    assert list(carried.notices()) == [
        "models/old: made with mini@1.0.0; its labels are carried along the changes: Strike to Walkout",
        "models/old: Event left out of its predictions, 1 time: Event was split into Walkout and Riot in 2.0.0: "
        "annotate it again",
    ]


def test_gold_is_given_to_the_model_under_the_names_that_it_knows() -> None:
    carried = Carried.between(ontology(OLD), ontology(NEW, changes=CHANGES), place="m")
    assert carried is not None
    gold = AnnotatedArticle(Article("x", "ab"), (Span("1", 0, 1, "Walkout"), Span("2", 1, 2, "Actor")), ())
    assert [span.label for span in carried.as_then(gold).spans] == ["Strike", "Actor"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (OLD, NEW, "m: annotated with mini@1.0.0, and mini@2.0.0 does not say what changed since; add to changes in the ontology: - {version: 2.0.0, renamed: {}, added: []}"),
        (NEW, OLD, "m: annotated with mini@2.0.0, newer than mini@1.0.0; convert with the newer ontology"),
    ],
)  # fmt: skip
def test_a_model_that_cannot_follow_is_refused(old: dict[str, Any], new: dict[str, Any], message: str) -> None:
    with pytest.raises(OntologyError) as raised:
        Carried.between(ontology(old), ontology(new), place="m")
    assert str(raised.value) == message


def test_nothing_is_carried_where_the_model_has_no_name_that_the_gold_lacks() -> None:
    assert Carried.between(ontology(OLD), ontology(OLD, version="1.1.0"), place="m") is None
    assert Carried.between(ontology(OLD), ontology(NEW, name="other"), place="m") is None
