"""Files that come with the package: ontology, label maps, recipes, schemas, benchmarks, the shipped corpus, templates.

The repository holds one copy of each. An installed package has them in ``eventcorpus/data`` under the same paths (see
``force-include`` in pyproject.toml); in a checkout they are read where they lie.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from eventcorpus.errors import InputError, nearest
from eventcorpus.tables import counted, markdown_table_head, percent

DEFAULT_ONTOLOGY = "corpus/ontology.yaml"
logger = logging.getLogger(__name__)


def package_path(path: str) -> Path:
    """Where a shipped file or folder lies, such as ``corpus/annotations``.

    A file of the same path in the working folder comes first, so that commands in a checkout use and name its files.

    Raises:
        InputError: if the package has no such file.
    """
    found = next((place for place in (Path(path), *(root / path for root in _roots())) if place.exists()), None)
    if found is None:
        raise InputError(f"{path}: no such file in this installation of eventcorpus")
    return found


def find_ontology_path(given: Path | None = None, *, near: Sequence[Path] = ()) -> Path:
    """Which ontology a command takes: the one rule that all follow.

    1. the one that was named;
    2. the one that the input carries: ``ontology.yaml`` or ``config.xml`` in it or beside it (of a file also beside its
       folder, such as ``corpus`` for ``corpus/annotations/pass-1.json``);
    3. the working folder's: ``ontology.yaml``, else ``corpus/ontology.yaml``;
    4. the shipped one.

    Which was taken, and why, is logged, unless it was named.

    Args:
        near: the inputs of the command.
    """
    if given is not None:
        return given
    for path, why in _ontologies(near):
        if path.is_file():
            log_ontology(path, why)
            return path
    log_ontology(DEFAULT_ONTOLOGY, "the shipped one; --ontology names another")
    return package_path(DEFAULT_ONTOLOGY)


def _ontologies(near: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    for path in near:
        places = [(path, f"in {path}")] if path.is_dir() else []
        places += [(path.parent, f"beside {path}")]
        places += [] if path.is_dir() else [(path.parent.parent, f"beside {path.parent}")]
        for folder, why in places:
            yield from ((folder / name, why) for name in ("ontology.yaml", "config.xml"))
    yield from ((Path(name), "in the working folder") for name in ("ontology.yaml", DEFAULT_ONTOLOGY))


def log_ontology(taken: Path | str, why: str) -> None:
    """Say which ontology a command took that was not told which, and why."""
    logger.info("ontology: %s (%s)", taken, why)


def find_yaml(wanted: str | Path, folder: Path, *, what: str) -> Path:
    """A YAML file that was named by its path, or by its name in a folder (``demo`` in ``training/recipes``).

    Args:
        what: what such a file is called, for the message.

    Raises:
        InputError: naming the nearest name that there is.
    """
    path = Path(wanted)
    if path.is_file() or path.suffix or len(path.parts) > 1:
        return path
    names = yaml_names(folder)
    if str(wanted) not in names:
        raise InputError(f"{wanted}: neither a file nor {what} in {folder}; {nearest(str(wanted), names)}")
    return folder / f"{wanted}.yaml"


def yaml_names(folder: Path) -> list[str]:
    """The names by which ``find_yaml`` finds the files of a folder."""
    return [file.stem for file in sorted(folder.glob("*.yaml"))]


def fill_template(template: str, **values: Any) -> str:
    """Fill one of ``eventcorpus/templates``; in HTML every value is escaped unless it is markup already."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # not needed by most commands

    is_html = template.endswith(".html.j2")
    environment = Environment(
        loader=PackageLoader("eventcorpus"),
        autoescape=is_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=not is_html,
    )
    environment.filters |= {
        "counted": counted, "percent": percent, "thousands": "{:,}".format, "table_head": markdown_table_head,
    }  # fmt: skip
    return environment.get_template(template).render(**values)


def _roots() -> list[Path]:
    """The data folder of an installed package, and the repository around a checkout's ``src``."""
    package = Path(str(files("eventcorpus")))
    return [package / "data", package.parents[1]]
