"""News articles to a measured event extractor: annotate, convert, fine-tune, score, extract.

The names below are imported when they are used, so that ``import eventcorpus`` takes no time (PEP 562).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eventcorpus.api import (
        agree,
        compare,
        curve,
        evaluate,
        evaluate_rows,
        load_dataset,
        rows,
        to_pandas,
        train,
    )
    from eventcorpus.articles.read import read_articles
    from eventcorpus.conversion_report import ConversionReport
    from eventcorpus.dataset.convert import convert
    from eventcorpus.dataset.export import export
    from eventcorpus.eval.report import Report
    from eventcorpus.inference.extractor import Extractor
    from eventcorpus.labelstudio.config import load_ontology
    from eventcorpus.schema import Article, Mention, Span

__version__ = "0.1.0"
__all__ = [
    "Article",
    "ConversionReport",
    "Extractor",
    "Mention",
    "Report",
    "Span",
    "agree",
    "compare",
    "convert",
    "curve",
    "evaluate",
    "evaluate_rows",
    "export",
    "load_dataset",
    "load_ontology",
    "read_articles",
    "rows",
    "to_pandas",
    "train",
]
_NAMES = {
    "eventcorpus.api": (
        *("agree", "compare", "curve", "evaluate", "evaluate_rows", "load_dataset", "rows", "to_pandas", "train"),
    ),
    "eventcorpus.conversion_report": ("ConversionReport",),
    "eventcorpus.dataset.convert": ("convert",),
    "eventcorpus.dataset.export": ("export",),
    "eventcorpus.eval.report": ("Report",),
    "eventcorpus.articles.read": ("read_articles",),
    "eventcorpus.labelstudio.config": ("load_ontology",),
    "eventcorpus.inference.extractor": ("Extractor",),
    "eventcorpus.schema": ("Article", "Mention", "Span"),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
