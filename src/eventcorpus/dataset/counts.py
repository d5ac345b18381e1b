"""What annotated articles hold, counted: the one count behind cards, figures of a corpus, and manifests of splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from eventcorpus.dataset.rows import with_defaults
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle


@dataclass
class AnnotationCounts:
    """Sums over articles, counted one by one.

    ``labels``, ``roles`` and ``values`` ((attribute, value), defaults filled in) count mentions; ``licences`` and
    ``languages`` count articles, under the empty name those that state none.
    """

    ontology: Ontology
    n_articles: int = 0
    n_reviewed_empty: int = 0
    n_without_event: int = 0
    n_invented: int = 0
    n_triggers: int = 0
    n_events: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    values: Counter[tuple[str, str]] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, articles: Iterable[AnnotatedArticle], ontology: Ontology) -> AnnotationCounts:
        """Count articles."""
        counts = cls(ontology)
        for annotated in articles:
            counts.add(annotated)
        return counts

    def add(self, annotated: AnnotatedArticle) -> None:
        """Count one article."""
        labels = Counter(span.label for span in annotated.spans)
        self.n_articles += 1
        self.n_reviewed_empty += annotated.status == "reviewed_empty"
        self.n_without_event += not annotated.events
        self.n_invented += annotated.article.invented is True
        self.n_triggers += sum(labels[label] for label in self.ontology.trigger_names)
        self.n_events += len(annotated.events)
        self.labels.update(labels)
        self.roles.update(role.role for role in annotated.roles)
        for span in annotated.spans:
            self.values.update(with_defaults(span, self.ontology))
        self.licences[annotated.article.licence or ""] += 1
        self.languages[annotated.article.language or ""] += 1

    def __add__(self, other: AnnotationCounts) -> AnnotationCounts:
        names = [each.name for each in fields(self) if each.name != "ontology"]
        return AnnotationCounts(self.ontology, **{name: getattr(self, name) + getattr(other, name) for name in names})
