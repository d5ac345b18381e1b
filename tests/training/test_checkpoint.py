import os
from pathlib import Path

import pytest
import torch

from eventcorpus.training.checkpoint import TENSORS, checkpoints, newest_whole, read_checkpoint, write_checkpoint


def write(folder: Path, *steps: int, keep: int = 2) -> None:
    for step in steps:
        write_checkpoint(folder, {"w": torch.full((8,), float(step))}, {"n": step}, step=step, keep=keep)


def test_the_newest_are_kept_and_read_back(tmp_path: Path) -> None:
    write(tmp_path, 5, 10, 15, 20, keep=3)
    assert [path.name for path in checkpoints(tmp_path)] == [
        "checkpoint-00000020",
        "checkpoint-00000015",
        "checkpoint-00000010",
    ]
    newest = newest_whole(tmp_path)
    assert newest is not None
    tensors, about = read_checkpoint(newest)
    assert tensors["w"].tolist() == [20.0] * 8 and about["n"] == 20


@pytest.mark.parametrize("fault", ["bit", "cut", "no tensors", "no json", "half a json"])
def test_a_damaged_one_makes_way_for_the_one_before(
    tmp_path: Path, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, 5, 10)
    newest = tmp_path / "checkpoint-00000010"
    if fault == "bit":
        with (newest / TENSORS).open("r+b") as file:
            file.seek(-1, os.SEEK_END)
            file.write(b"\x55")
    elif fault == "cut":
        os.truncate(newest / TENSORS, 20)
    elif fault == "no tensors":
        (newest / TENSORS).unlink()
    elif fault == "no json":
        (newest / "about.json").unlink()
    else:
        (newest / "about.json").write_text('{"n": 10, "sha')
    found = newest_whole(tmp_path)
    assert found is not None and found.name == "checkpoint-00000005"
    assert "removed, the one before it is used" in caplog.text
    assert not newest.exists()


def test_what_a_killed_run_left_half_written_is_no_checkpoint(tmp_path: Path) -> None:
    write(tmp_path, 5)
    (tmp_path / ".checkpoint-00000010.part").mkdir()
    (tmp_path / ".checkpoint-00000010.part" / TENSORS).write_bytes(b"half")
    found = newest_whole(tmp_path)
    assert found is not None and found.name == "checkpoint-00000005"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-00000005"]


def test_a_checkpoint_that_cannot_be_written_leaves_the_ones_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 5)
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(5, "Input/output error")))
    with pytest.raises(OSError):
        write(tmp_path, 10)
    assert [path.name for path in checkpoints(tmp_path)] == ["checkpoint-00000005"]
