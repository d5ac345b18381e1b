"""Articles of one sentence, which a tiny encoder learns in seconds."""

from eventcorpus.ontology import Label, Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Span

ONTOLOGY = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))
PLACES = ("aleppo", "homs")


def article(n: int) -> AnnotatedArticle:
    place = PLACES[n % 2]
    text = f"rebels attacked the town of {place} on monday"
    at = text.index(place)
    spans = (Span("1", 0, 6, "Actor"), Span("2", at, at + len(place), "Place"))
    return AnnotatedArticle(Article(f"a{n}", text), spans, ONTOLOGY.labels)


ARTICLES = [article(n) for n in range(24)]
