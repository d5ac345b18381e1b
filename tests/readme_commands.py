"""Runs the blocks of README.md one after the other, as they are printed, in an empty folder.

Usage: python tests/readme_commands.py, in the empty folder, with the ``eventcorpus`` of the installed wheel first on PATH.

Every block is in ``BLOCKS``, by its first line: a block that is not there, or is there and no longer in the page, is an error. What
stands for the reader's own articles and annotations is put there first: some of the shipped corpus.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from doc_blocks import Block, blocks_of
from eventcorpus.package_data import package_path

README = Path(__file__).resolve().parent.parent / "README.md"
N_ARTICLES = 40
RUN = ""
NO_SERVER = "talks to a live server: make test-labelstudio"
BLOCKS = {
    '{"schema": 1,': "what extract prints, shortened",
    "make demo": "for a checkout: .ci/run calls it",
    "eventcorpus init health": RUN,
    "eventcorpus labelstudio push": RUN,
    "import eventcorpus": RUN,
    "from transformers import pipeline": RUN,
    "from eventcorpus import Extractor": RUN,
    "corpus/ ": "the tree of the repository",
}
"""Why a block is not run, or ``RUN``."""
LINES = {"eventcorpus labelstudio push": NO_SERVER, "eventcorpus labelstudio pull": NO_SERVER}
"""Lines of blocks that are run that are left out, and why."""


def reason(block: Block) -> str:
    """Why a block is not run, or ``RUN``; a KeyError names a block that nobody decided on."""
    known = [why for start, why in BLOCKS.items() if block.code.startswith(start)]
    if len(known) != 1:
        raise KeyError(f"{block.place}: {block.lines[0]!r} is in BLOCKS of {Path(__file__).name} {len(known)} times")
    return known[0]


def script(block: Block) -> str:
    """The lines of a block that are run."""
    return "".join(f"{line}\n" for line in block.lines if not line.startswith(tuple(LINES)))


def readme_blocks() -> list[Block]:
    """The blocks of the page, each of which is known, as is each of ``BLOCKS`` and ``LINES`` in the page.

    Raises:
        KeyError: naming what is not.
    """
    blocks = list(blocks_of(README.read_text(encoding="utf-8"), name=README.name))
    for block in blocks:
        reason(block)
    lines = [line for block in blocks for line in block.lines]
    for start in (*BLOCKS, *LINES):
        if not any(line.startswith(start) for line in lines):
            raise KeyError(f"{start!r} is not in {README.name} any more")
    return blocks


def put_inputs() -> None:
    """Articles and annotations of the shipped corpus, under the names that the page has for the reader's own."""
    shutil.copytree(package_path("corpus"), "corpus")
    tasks = json.loads(Path("corpus/annotations/pass-1.json").read_text(encoding="utf-8"))[:N_ARTICLES]
    Path("labels").mkdir()
    Path("labels/export.json").write_text(json.dumps(tasks), encoding="utf-8")
    shutil.copytree("corpus/splits", "splits")
    Path("new-articles").mkdir()
    shutil.copy("corpus/examples/kourani-road.txt", "new-articles")


def main() -> None:
    """Run them; stops at the first that fails."""
    blocks = readme_blocks()
    put_inputs()
    for block in blocks:
        if (why := reason(block)) != RUN:
            print(f"{block.place}: not run: {why}", flush=True)
            continue
        print(f"{block.place}: {block.lines[0]}", flush=True)
        if "eventcorpus.train(" in block.code:  # it makes anew what the commands made, which is kept as the demo's
            shutil.rmtree("dataset")
            shutil.copytree("model", "models/runs/demo")
            shutil.rmtree("model")
        command = [sys.executable, "-c", block.code] if block.language == "python" else ["bash", "-euc", script(block)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
