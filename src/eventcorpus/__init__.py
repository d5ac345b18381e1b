"""News articles to a measured event extractor: annotate, convert, fine-tune, score, extract.

The names below are imported when they are used, so that ``import eventcorpus`` takes no time (PEP 562).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eventcorpus.api import agree as agree
    from eventcorpus.api import compare as compare
    from eventcorpus.api import evaluate as evaluate
    from eventcorpus.api import load_dataset as load_dataset
    from eventcorpus.api import train as train
    from eventcorpus.conversion_report import ConversionReport as ConversionReport
    from eventcorpus.dataset.convert import convert as convert
    from eventcorpus.eval.report import Report as Report
    from eventcorpus.formats.articles import read_articles as read_articles
    from eventcorpus.labelstudio.config import load_ontology as load_ontology
    from eventcorpus.models.extractor import Extractor as Extractor
    from eventcorpus.schema import Article as Article
    from eventcorpus.schema import Mention as Mention
    from eventcorpus.schema import Span as Span

__version__ = "0.1.0"

_MODULES = {
    "load_ontology": "eventcorpus.labelstudio.config",
    "read_articles": "eventcorpus.formats.articles",
    "convert": "eventcorpus.dataset.convert",
    "load_dataset": "eventcorpus.api",
    "train": "eventcorpus.api",
    "evaluate": "eventcorpus.api",
    "compare": "eventcorpus.api",
    "agree": "eventcorpus.api",
    "Extractor": "eventcorpus.models.extractor",
    "Article": "eventcorpus.schema",
    "Span": "eventcorpus.schema",
    "Mention": "eventcorpus.schema",
    "Report": "eventcorpus.eval.report",
    "ConversionReport": "eventcorpus.conversion_report",
}
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
    "evaluate",
    "load_dataset",
    "load_ontology",
    "read_articles",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
