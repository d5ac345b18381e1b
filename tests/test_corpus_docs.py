"""docs/corpus-checks.md says what the code does."""

from pathlib import Path

from eventcorpus.corpus.checks.findings import KINDS
from eventcorpus.corpus.originality import Originality
from eventcorpus.corpus.stats import Figures

TEXT = (Path(__file__).parent.parent / "docs/corpus-checks.md").read_text()


def test_every_kind_of_finding_is_described_under_its_severity() -> None:
    errors, looks = TEXT.partition("| look |")[::2]
    for kind in KINDS:
        row = f"| `{kind.name}` | {kind.what} | {kind.way_out} |"
        assert row in (errors if kind.severity == "error" else looks)


def test_every_figure_is_described() -> None:
    for name in [*Figures.model_fields, *Originality.model_fields]:
        assert f"`{name}`" in TEXT, name
