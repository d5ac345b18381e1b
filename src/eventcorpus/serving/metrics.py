"""What the service counts for Prometheus; nothing of any article."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from eventcorpus.schema import Article

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
METHODS = ("GET", "HEAD", "POST")


class Metrics:
    """The counters of one app.

    Args:
        paths: the app's routes; requests for anything else are counted as ``other``.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(paths)
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "eventcorpus_requests", "Requests answered.", ("path", "method", "status"), registry=registry
        )
        self._seconds = Histogram(
            "eventcorpus_request_seconds", "From the head of a request to the end of its answer.", ("path",),
            buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self.waiting = Gauge(
            "eventcorpus_waiting_requests", "Requests with articles that have not had their turn.", registry=registry
        )
        self._batch_articles = Histogram(
            "eventcorpus_batch_articles", "Articles that the model read together.", buckets=(1, 2, 4, 8, 16),
            registry=registry,
        )  # fmt: skip
        self._batch_seconds = Histogram(
            "eventcorpus_batch_seconds", "How long the model read them.", buckets=SECONDS, registry=registry
        )
        self._words = Counter("eventcorpus_words", "Words that the model read.", registry=registry)

    def observe_request(self, path: str, *, method: str, status: int, seconds: float) -> None:
        """Count an answer; 499: nobody waited for it."""
        path = path if path in self._paths else "other"
        self._requests.labels(path, method if method in METHODS else "other", str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def observe_turn(self, articles: Sequence[Article], seconds: float) -> None:
        """Count what the model read together."""
        self._batch_articles.observe(len(articles))
        self._batch_seconds.observe(seconds)
        self._words.inc(sum(len(article.text.split()) for article in articles))

    def text(self) -> bytes:
        """All of them in the text format of Prometheus, version 0.0.4."""
        return generate_latest(self._registry)
