"""Annotated articles in the inline notation, as short as the tests of checks and figures want them."""

from eventcorpus.formats.inline import read_inline
from eventcorpus.ontology import parse_ontology
from eventcorpus.schema import AnnotatedArticle

ONTOLOGY = parse_ontology(
    {
        "name": "mini",
        "version": "1.0.0",
        "triggers": [{"name": "Attack"}, {"name": "Toll"}],
        "entities": [{"name": "Actor"}, {"name": "Place"}, {"name": "When"}, {"name": "Number"}],
        "roles": [
            {"name": "agent", "signatures": [{"to": ["Actor"]}]},
            {"name": "victim", "signatures": [{"from": ["Toll"], "to": ["Actor"]}]},
            {"name": "count", "signatures": [{"from": ["Toll"], "to": ["Number"]}]},
            {"name": "same", "signatures": [{"to": "same"}], "joins_events": True},
        ],
        "attributes": [
            {
                "name": "modality",
                "of": "triggers",
                "default": "actual",
                "values": [{"name": "actual"}, {"name": "denied"}],
            },
            {"name": "outcome", "of": ["Toll"], "values": [{"name": "killed"}, {"name": "injured"}]},
        ],
        "checks": {
            "expects": {"Toll": ["count", "victim"]},
            "patterns": {"When": ["weekday", "month", "/at (dawn|dusk)/"], "Number": ["people"]},
        },
    },
    place="mini.yaml",
)


def articles(content: str) -> list[AnnotatedArticle]:
    """Articles, each begun by ``=== id``."""
    return read_inline(content, ONTOLOGY, place="test")


def article(body: str, header: str = "kind: wire\n") -> AnnotatedArticle:
    """One article with the id x."""
    return articles(f"=== x\n{header}\n{body}\n")[0]
