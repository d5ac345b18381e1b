"""The ontology's rules for one annotated article."""

from eventcorpus.annotation.rules import describe_role, role_violation, violations
from eventcorpus.conversion_report import Code
from eventcorpus.labelstudio.config import label_config, read_label_config
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span
from label_studio_json import NESTED, ONTOLOGY, TEXT

ACTOR = Span("a", 0, 6, "Actor")
ATTACK = Span("t", 7, 15, "Attack", (("modality", "actual"), ("outcome", "killed")))
PLACE = Span("p", 16, 25, "Place")
LATER = Span("u", 29, 35, "Attack", (("modality", "denied"), ("outcome", "injured")))
BY_ID = {span.id: span for span in (ACTOR, ATTACK, PLACE, LATER)}


def found(*spans: Span, roles: tuple[Role, ...] = (), ontology: Ontology = ONTOLOGY) -> list[str]:
    return list(violations(AnnotatedArticle(Article("x", TEXT), spans, ontology.labels, roles), ontology))


def test_an_article_that_follows_the_ontology_has_no_faults() -> None:
    roles = (Role("agent", "t", "a"), Role("place", "t", "p"), Role("same", "u", "t"))
    assert found(ACTOR, ATTACK, PLACE, LATER, roles=roles) == []


def test_overlap_is_a_fault_where_the_ontology_is_flat() -> None:
    inside = Span("i", 0, 3, "Actor")
    assert found(ACTOR, inside) == ["Actor 'Rebels' overlaps Actor 'Reb', and mini@1.0.0 is flat"]
    assert found(ACTOR, inside, ontology=NESTED) == []


def test_a_role_starts_at_a_trigger() -> None:
    assert role_violation(Role("agent", "a", "t"), BY_ID, ONTOLOGY) is Code.NOT_FROM_TRIGGER


def test_a_role_links_what_its_signatures_allow() -> None:
    assert role_violation(Role("agent", "t", "p"), BY_ID, ONTOLOGY) is Code.AGAINST_SIGNATURES
    assert role_violation(Role("unheard-of", "t", "p"), BY_ID, ONTOLOGY) is Code.AGAINST_SIGNATURES


def test_the_same_event_is_linked_backwards() -> None:
    assert role_violation(Role("same", "t", "u"), BY_ID, ONTOLOGY) is Code.LINK_TO_LATER_TRIGGER
    assert role_violation(Role("same", "u", "t"), BY_ID, ONTOLOGY) is None


def test_an_ontology_without_triggers_lets_a_role_start_anywhere() -> None:
    anything = read_label_config(label_config(ONTOLOGY), place="c.xml")
    assert role_violation(Role("agent", "p", "t"), BY_ID, anything) is None


def test_a_fault_of_a_role_says_which_and_where() -> None:
    assert found(ATTACK, PLACE, roles=(Role("agent", "t", "p"),)) == [
        "role against the ontology's signatures: agent(Attack t, Place p) at 'attacked'"
    ]
    assert describe_role(Role("place", "t", "p"), BY_ID) == "place(Attack t, Place p)"


def test_a_missing_attribute_without_a_default_is_a_fault() -> None:
    assert found(Span("t", 7, 15, "Attack")) == ["Attack 'attacked' has no outcome"]


def test_an_attribute_of_another_label_is_a_fault() -> None:
    assert found(Span("a", 0, 6, "Actor", (("modality", "actual"),))) == ["Actor 'Rebels' cannot have modality"]


def test_a_value_that_does_not_exist_is_a_fault() -> None:
    assert found(Span("m", 7, 15, "Move", (("modality", "maybe"),))) == [
        "modality=maybe is none of ['actual', 'denied']"
    ]
