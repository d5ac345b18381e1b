"""Short articles with roles, attributes and events, in an ontology with unusual names; a model learns them in seconds."""

from eventcorpus.ontology import Ontology, parse_ontology
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span, join_events

ONTOLOGY: Ontology = parse_ontology(
    {
        "name": "santé", "version": "1.0.0",
        "triggers": [{"name": "Épidémie"}, {"name": "Air raid"}, {"name": "Grève"}],
        "entities": [{"name": "Ville ou village"}, {"name": "Who"}],
        "roles": [
            {"name": "où", "signatures": [{"to": ["Ville ou village"]}]},
            {"name": "done by", "signatures": [{"from": ["Air raid", "Grève"], "to": ["Who"]}]},
            {"name": "same", "signatures": [{"to": "same"}], "joins_events": True},
        ],
        "attributes": [
            {"name": "how sure", "of": "triggers", "default": "sûr", "values": [{"name": "sûr"}, {"name": "peut-être"}]}
        ],
    },
    place="here",
)  # fmt: skip
TOWNS, GROUPS = ("homs", "hama", "aleppo", "idlib"), ("rebels", "troops", "nurses", "police")


def article(name: str, town: str, other: str, group: str, *, is_sure: bool) -> AnnotatedArticle:
    """ "rebels bombed homs. they may have bombed hama" and the like; the second raid is the first one again if sure."""
    first = f"{group} bombed {town}. "
    second = f"the raid on {town} killed" if is_sure else f"they may have bombed {other}"
    text = first + second
    trigger = "raid" if is_sure else "bombed"
    at, place = text.rindex(trigger), text.rindex(town if is_sure else other)
    where = town if is_sure else other
    spans = (
        Span("g", 0, len(group), "Who"),
        Span("t", text.index("bombed"), text.index("bombed") + 6, "Air raid"),
        Span("p", text.index(town), text.index(town) + len(town), "Ville ou village"),
        Span("u", at, at + len(trigger), "Air raid", () if is_sure else (("how sure", "peut-être"),)),
        Span("q", place, place + len(where), "Ville ou village"),
    )
    roles = [Role("done by", "t", "g"), Role("où", "t", "p"), Role("où", "u", "q"), Role("done by", "u", "g")]
    roles += [Role("same", "u", "t")] if is_sure else []
    events = join_events(spans, roles, triggers=set(ONTOLOGY.trigger_names), link="same")
    return AnnotatedArticle(Article(name, text), spans, ONTOLOGY.labels, tuple(roles), events)


ARTICLES = [
    article(f"{group}-{town}-{is_sure}", town, TOWNS[(i + 1) % 4], group, is_sure=is_sure)
    for group in GROUPS
    for i, town in enumerate(TOWNS)
    for is_sure in (True, False)
]
