"""Runs of a learning curve whose F1 is exactly what is asked for: every article has 100 mentions of one label."""

from collections.abc import Mapping, Sequence

from eventcorpus.eval.curve import CurveReport, CurveRun, curve_report
from eventcorpus.ontology import Label, Ontology
from eventcorpus.predictions import ModelName, prediction_of
from eventcorpus.schema import AnnotatedArticle, Article, Mention, Span

ONTOLOGY = Ontology(name="t", version="1.0.0", entities=(Label(name="Place"), Label(name="Time")))
N_MENTIONS = 100
LAW = {25: 50, 100: 70, 400: 80, 1600: 85}
"""100 * (0.9 - 2 * articles ** -0.5)"""


def gold(n_articles: int = 10, *, id_: str = "a") -> list[AnnotatedArticle]:
    text = " ".join(["homs"] * N_MENTIONS)
    spans = tuple(Span(str(i), 5 * i, 5 * i + 4, "Place") for i in range(N_MENTIONS))
    return [AnnotatedArticle(Article(f"{id_}{n}", text), spans, ONTOLOGY.labels) for n in range(n_articles)]


def curve_run(articles: Sequence[AnnotatedArticle], n_train: int, seed: int, n_right: int, *, largest: int) -> CurveRun:
    """A run of F1 n_right / 100: so many mentions have the right label, the others the wrong one."""
    model = ModelName(name=f"{n_train}-{seed}")
    mentions = [Mention(5 * i, 5 * i + 4, "Place" if i < n_right else "Time", "homs", 1.0) for i in range(N_MENTIONS)]
    found = [prediction_of(annotated.article, mentions, model) for annotated in articles]
    return CurveRun(100 * n_train / largest, seed, n_train, found)


def report_of(
    scores: Mapping[int, int | Sequence[int]],
    *,
    annotations: Sequence[Sequence[AnnotatedArticle]] = (),
    name: str = "made up",
    command: str = "",
) -> CurveReport:
    """The report of runs by their articles and the F1, in percent, of each seed."""
    articles = gold()
    runs = [
        curve_run(articles, n_train, 13 + i, n_right, largest=max(scores))
        for n_train, given in scores.items()
        for i, n_right in enumerate([given] if isinstance(given, int) else given)
    ]
    return curve_report(
        articles,
        runs,
        ONTOLOGY,
        name=name,
        encoder="bundled",
        annotations=annotations,
        n_resamples=1000,
        command=command,
    )
