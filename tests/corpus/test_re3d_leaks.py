"""The published sentence split of re3d against its documents: the leak that ``split`` is there to prevent."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "bench/leaks.py"


@pytest.mark.realdata
def test_every_held_out_document_of_re3d_stands_in_train_too() -> None:
    root = os.environ.get("EVENTCORPUS_REALDATA")
    if root is None:
        pytest.skip("EVENTCORPUS_REALDATA is not set")
    done = subprocess.run([sys.executable, SCRIPT, Path(root) / "re3d"], capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    assert figures["held_out_sentences"] == 191
    assert (figures["held_out_documents"], figures["held_out_documents_in_train"]) == (64, 64)
    assert (figures["held_out_sentences_found"], figures["held_out_sentences_of_train_documents"]) == (119, 119)
    assert figures["held_out_sentences_word_for_word_in_train"] == 3
