"""Archives that lead out of themselves, unpack to too much or are broken are refused before anything of them is read."""

import zipfile
from pathlib import Path

import pytest

from cas_files import zipped
from eventcorpus.errors import InputError
from eventcorpus.formats import archives
from eventcorpus.formats.archives import members_of

CONTENT = "<xmi:XMI/>"


def test_files_in_folders_and_archives_are_named_by_where_they_lie(tmp_path: Path) -> None:
    inner = zipped({"a.xmi": "one", ".hidden": "", "__MACOSX/a.xmi": ""})
    (tmp_path / "in").mkdir()
    (tmp_path / "in/export.zip").write_bytes(zipped({"annotation/d/a.zip": inner, "log.txt": "two"}))
    (tmp_path / "in/b.xmi").write_text("three")
    assert {each.name: each.read() for each in members_of([tmp_path / "in"])} == {
        "b.xmi": b"three", "export.zip/annotation/d/a.zip/a.xmi": b"one", "export.zip/log.txt": b"two",
    }  # fmt: skip
    assert [each.name for each in members_of([tmp_path / "in/export.zip"])] == ["annotation/d/a.zip/a.xmi", "log.txt"]


@pytest.mark.parametrize("name", ["../doc.xmi", "/etc/doc.xmi", "a/../../doc.xmi", "C:\\doc.xmi", "..\\doc.xmi"])
def test_an_archive_that_leads_out_of_itself_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "doc.zip").write_bytes(zipped({name: CONTENT}))
    with pytest.raises(InputError, match=r"doc.zip: .* leads out of the archive; such archives are not read"):
        members_of([tmp_path / "doc.zip"])


def test_an_archive_with_a_nameless_file_is_refused(tmp_path: Path) -> None:
    nameless = zipfile.ZipInfo("x")
    nameless.filename = ""
    with zipfile.ZipFile(tmp_path / "doc.zip", "w") as archive:
        archive.writestr(nameless, CONTENT)
    with pytest.raises(InputError, match=r"doc.zip: '' leads out of the archive"):
        members_of([tmp_path / "doc.zip"])


def test_an_archive_that_would_unpack_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "doc.zip"
    path.write_bytes(zipped({"doc.xmi": b"<" * 3_000_000}))
    monkeypatch.setattr(archives, "_LARGE", 1_000_000)
    with pytest.raises(
        InputError, match=r"'doc.xmi' would unpack to 3,000,000 bytes from [\d,]+; at most 200 times as much"
    ):
        members_of([path])
    monkeypatch.setattr(archives, "MOST_BYTES", 2_000_000)
    with pytest.raises(InputError, match=r"1 file, 3,000,000 bytes when unpacked; .* unpack it, and name the folder"):
        members_of([path])


def test_an_archive_inside_an_archive_is_looked_through_as_well(tmp_path: Path) -> None:
    (tmp_path / "export.zip").write_bytes(zipped({"annotation/d/a.zip": zipped({"../a.xmi": "x"})}))
    with pytest.raises(InputError, match=r"export.zip/annotation/d/a.zip: '../a.xmi' leads out"):
        members_of([tmp_path / "export.zip"])


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 and nothing", b"no archive", zipped({"doc.xmi": "x"})[:-30]], ids=["start", "text", "cut"]
)
def test_a_broken_archive_stops(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "doc.zip").write_bytes(content)
    with pytest.raises(InputError, match=r"doc.zip: not a zip archive that can be read"):
        members_of([tmp_path / "doc.zip"])


def test_an_archive_with_a_password_stops(tmp_path: Path) -> None:
    content = bytearray(zipped({"doc.xmi": CONTENT}))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + at] |= 1
    (tmp_path / "doc.zip").write_bytes(bytes(content))
    (member,) = members_of([tmp_path / "doc.zip"])
    with pytest.raises(InputError, match=r"doc.zip: 'doc.xmi' cannot be read \(.*password"):
        member.read()


def test_a_file_that_is_larger_than_the_archive_says_stops(tmp_path: Path) -> None:
    content = zipped({"doc.xmi": "<" * 3_000_000}).replace(
        (3_000_000).to_bytes(4, "little"), (30).to_bytes(4, "little")
    )
    (tmp_path / "doc.zip").write_bytes(content)
    (member,) = members_of([tmp_path / "doc.zip"])
    with pytest.raises(InputError, match=r"doc.zip: 'doc.xmi' cannot be read \(Bad CRC-32"):
        member.read()
