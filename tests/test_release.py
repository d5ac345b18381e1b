"""What stops a release: licences, and a version that is not the package's."""

from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import pytest

import eventcorpus
import licences


@pytest.mark.parametrize(
    ("licence", "fault"),
    [
        ("MIT", ""),
        ("Apache-2.0 OR BSD-2-Clause", ""),
        ("Mozilla Public License 2.0 (MPL 2.0)", ""),
        ("MPL-2.0 AND MIT", ""),
        ("GNU General Public License v2 or later (GPLv2+)", "copyleft"),
        ("LGPL-2.1-only", "copyleft"),
        ("Dual Licensed - GNU AFFERO GPL 3.0 or Artifex Commercial License", "copyleft"),
        ("MIT OR GPL-3.0-or-later", "copyleft"),
        ("Proprietary", "not known as permissive"),
        ("", "not known as permissive"),
        ("PERMITTED", "not known as permissive"),
    ],
)
def test_what_is_copyleft_or_unknown_is_at_fault(licence: str, fault: str) -> None:
    assert licences.fault_of("some-package", licence) == fault


def test_the_version_to_cite_is_that_of_the_package() -> None:
    citation = (Path(__file__).parents[1] / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {eventcorpus.__version__}\n" in citation


def test_an_accepted_package_is_not_at_fault() -> None:
    assert licences.fault_of("pycountry", "LGPL-2.1-only") == ""


def package(folder: Path, name: str, *lines: str) -> Distribution:
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        "\n".join(["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *lines]) + "\n"
    )
    return Distribution.at(about)


@pytest.mark.parametrize(
    ("lines", "licence"),
    [
        (["License-Expression: MIT", "License: see LICENSE"], "MIT"),
        (["License: see LICENSE", "Classifier: License :: OSI Approved :: BSD License"], "BSD License"),
        (["License: Apache 2.0"], "Apache 2.0"),
        ([], ""),
    ],
)
def test_the_expression_counts_before_classifiers_and_words(lines: list[str], licence: str, tmp_path: Path) -> None:
    assert licences.licence_of(package(tmp_path, "one", *lines)) == licence


def test_what_packages_require_is_followed_with_its_extras_and_what_is_absent_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(tmp_path, "one", "Requires-Dist: two[more]", "Requires-Dist: never; python_version < '3'")
    package(
        tmp_path,
        "two",
        "Requires-Dist: three; extra == 'more'",
        "Requires-Dist: four; extra == 'other'",
        "Requires-Dist: one",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    found: list[Any] = list(licences.needed_by([licences.Requirement("one")]))
    names = [each if isinstance(each, str) else each.metadata["Name"] for each, _ in found]
    assert (names, [asked_by for _, asked_by in found]) == (["one", "two", "three"], ["eventcorpus", "one", "two"])


def test_extras_for_development_are_left_out() -> None:
    wanted = {requirement.name for requirement in licences.ours(Path(__file__).parents[1] / "pyproject.toml")}
    assert {"torch", "spacy", "iso3166-2", "huggingface-hub"} <= wanted
    assert wanted.isdisjoint({"krippendorff", "pytest", "playwright", "nervaluate"})
