"""Whether a live project can show what a model finds.

Comes in: the project's own configuration, whoever wrote it. Goes out: the names that a prediction must use there.
"""

from __future__ import annotations

from collections.abc import Sequence

from eventcorpus.errors import OntologyError
from eventcorpus.labelling.controls import Controls, read_controls
from eventcorpus.text import one_line

MAX_CONFIG = 1_000_000
"""Characters of a configuration; the largest that we have seen has 30,000."""
SHOWN = 6
"""Labels that a message names before it counts the rest."""


def read_region_controls(config: str, *, place: str) -> Controls:
    """Read a project's configuration for the names that regions carry. ``place`` is what messages call the project.

    Raises:
        OntologyError: if it is too long, no labels are drawn on a text, or on several, or on hypertext, or the text is
            elsewhere.
    """
    if len(config) > MAX_CONFIG:
        raise OntologyError(f"{place}: a configuration of {len(config):,} characters; at most {MAX_CONFIG:,} are read")
    return read_controls(config, place=place)


def check_labels(labels: Sequence[str], controls: Controls, *, model: str, place: str) -> None:
    """Check that a project can show all that a model may find.

    Raises:
        OntologyError: naming the labels that are missing, those that are there, and the way out.
    """
    missing = [label for label in labels if label not in controls.labels]
    if missing:
        raise OntologyError(
            f"{place} has no label {_listed(missing)}, which the model {_bare(model)} finds; the project has "
            f"{_listed(list(controls.labels)) or 'none'}; make a project from the model's ontology, or serve a "
            "model trained with these labels"
        )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(_bare(name) for name in names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"


def _bare(name: str) -> str:
    return one_line(name)[1:-1]
