"""An extraction over an archive that is killed again and again ends with the bytes of one that nobody disturbed.

    python tests/slow/killed_archive.py [--articles 600] [--kills 12]

Processes of ``eventcorpus extract --out FOLDER/`` with a tiny model of random weights are killed (SIGKILL) at random
moments from when they begin to write on, and begun again. A line each; the last line is JSON. Exits with 1 if a file differs, an
article is lost or stands twice.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))

from archive import environment, save_tiny_model, write_articles


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def main() -> None:
    """One undisturbed run, and one that is killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=600)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1, help="of the random moments")
    args = parser.parse_args()
    moments = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        save_tiny_model(here / "model")
        write_articles(here / "in.jsonl", args.articles)
        with (here / "in.jsonl").open("a") as file:
            file.write('{\n{"id": "empty"}\n')

        def start(out: str) -> subprocess.Popen[bytes]:
            command = ["extract", "in.jsonl", "--model", "model", "--backend", "fp32", "--out", f"{out}/"]
            options = ["--shard-size", "50", "--compress", "gz"]
            return subprocess.Popen(
                [sys.executable, "-m", "eventcorpus", "-q", *command, *options], cwd=here, env=environment()
            )

        begun = time.monotonic()
        if start("whole").wait():
            raise SystemExit("the run failed by itself")
        written = max(p.stat().st_mtime for p in (here / "whole").iterdir())
        lasts = written - min(p.stat().st_mtime for p in (here / "whole").glob("predictions-*"))
        n_killed = 0
        for _ in range(args.kills):
            before = time.time()
            process = start("killed")
            manifest = here / "killed" / "manifest.json"
            while process.poll() is None and not (manifest.is_file() and manifest.stat().st_mtime > before):
                time.sleep(0.002)
            time.sleep(moments.uniform(0, max(0.05, lasts / args.kills * 2)))
            process.send_signal(signal.SIGKILL)
            n_killed += process.wait() == -signal.SIGKILL
            shards = json.loads(manifest.read_text())["shards"]
            print(f"killed with {len(shards)} shards, {sorted(p.name for p in manifest.parent.glob('.*'))}", flush=True)
        if start("killed").wait():
            raise SystemExit("the last run failed by itself")
        import gzip

        lines = [
            line
            for path in sorted((here / "killed").glob("predictions-*"))
            for line in gzip.decompress(path.read_bytes()).splitlines()
        ]
        times = Counter(json.loads(line)["id"] for line in lines)
        found = {
            "test": "killed archive", "articles": args.articles, "killed": n_killed,
            "same": contents(here / "whole") == contents(here / "killed"),
            "lost": args.articles - len(times), "doubled": sum(n > 1 for n in times.values()),
            "seconds": round(time.monotonic() - begun),
        }  # fmt: skip
    print(json.dumps(found))
    sys.exit(0 if found["same"] and not found["lost"] and not found["doubled"] and n_killed else 1)


if __name__ == "__main__":
    main()
