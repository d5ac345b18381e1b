"""Exports of Label Studio with what is needed to read them: their index, an ontology, the object that has the text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from eventcorpus.labelstudio.config import TEXT_OBJECT, read_ontology, read_text_object
from eventcorpus.labelstudio.exports import ExportIndex, index_exports
from eventcorpus.labelstudio.live.pull import exports_in
from eventcorpus.ontology import Ontology
from eventcorpus.package_data import find_ontology_path


@dataclass(frozen=True)
class OpenExports:
    """Exports that were indexed; ``text_object`` is the name of the object that has the text, if a config.xml says."""

    files: Sequence[Path]
    index: ExportIndex
    ontology: Ontology
    text_object: str | None


def open_exports(paths: Iterable[Path], ontology: Path | None = None) -> OpenExports:
    """Index exports.

    Args:
        paths: JSON exports, and folders of them or of ``labelstudio pull``.
        ontology: our YAML or a config.xml; None: the one beside the exports, else the shipped one.

    Raises:
        InputError: if a file is not an export.
        OntologyError: if the ontology cannot be read.
    """
    given = list(paths)
    files = [file for path in given for file in exports_in(path)]
    source = find_ontology_path(ontology, near=given)
    name, key = read_text_object(source) if source.suffix.lower() == ".xml" else (None, TEXT_OBJECT)
    return OpenExports(files, index_exports(files, text_key=key), read_ontology(source), name)
