"""How many documents stand on both sides of the published sentence split of re3d, and what a split by document would do.

    python tests/bench/leaks.py RE3D

RE3D holds conll/ (train.txt, dev.txt: sentences without their documents) and documents/ (the documents). Every sentence
is looked for in the documents, letters and digits alone; one that stands in no document, or in several (short ones), is
not counted. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

from eventcorpus.annotation.assemble import assemble
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.corpus.near_duplicates import find_clusters, jaccard, shingles
from eventcorpus.files import read_json_lines
from eventcorpus.formats.conll import read_conll
from eventcorpus.schema import AnnotatedArticle, Article


def letters(text: str) -> str:
    """Letters and digits, case aside: tokenisers differ in the rest."""
    return "".join(character for character in text.casefold() if character.isalnum())


def documents_of(folder: Path) -> dict[str, str]:
    """The text of every document by id."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*/documents.json")):
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        found |= {str(row["_id"]): str(row["text"]) for _, row in read_json_lines(lines, place=str(path))}
    return found


def leaks(re3d: Path) -> dict[str, object]:
    """The figures."""
    per_split: dict[str, list[AnnotatedArticle]] = {}
    for split, article in assemble(read_conll([re3d / "conll"]), None, ConversionReport()).articles:
        per_split.setdefault(split, []).append(article)
    documents = documents_of(re3d / "documents")
    plain = {one: letters(text) for one, text in documents.items()}
    in_documents: dict[str, dict[str, set[str]]] = {}
    for split, several in per_split.items():
        found = {
            one.article.id: {name for name, text in plain.items() if letters(one.article.text) in text}
            for one in several
        }
        in_documents[split] = {one: names for one, names in found.items() if len(names) == 1}
    of_split = {split: set().union(*found.values()) for split, found in in_documents.items()}
    train, held_out = of_split["train"], of_split["validation"]
    texts = {split: {one.article.id: one.article.text for one in several} for split, several in per_split.items()}
    exact = set(map(letters, texts["train"].values()))
    in_train = defaultdict(list)
    for text in texts["train"].values():
        for shingle in (own := shingles(text)):
            in_train[shingle].append(own)
    near = sum(
        any(jaccard(own, other) >= 0.5 for shingle in own for other in in_train[shingle])
        for own in map(shingles, texts["validation"].values())
    )
    located = list(in_documents["validation"].values())
    clusters = find_clusters(Article(id=one, text=text) for one, text in documents.items())
    return {
        "bench": "leaks",
        "documents": len(documents),
        "near_duplicate_documents": len(clusters.pairs),
        "train_sentences": len(texts["train"]),
        "held_out_sentences": len(texts["validation"]),
        "train_sentences_found": len(in_documents["train"]),
        "held_out_sentences_found": len(located),
        "held_out_sentences_of_train_documents": sum(bool(found & train) for found in located),
        "held_out_documents": len(held_out),
        "held_out_documents_in_train": len(held_out & train),
        "held_out_sentences_word_for_word_in_train": sum(letters(t) in exact for t in texts["validation"].values()),
        "held_out_sentences_near_duplicate_in_train": near,
    }


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("re3d", type=Path)
    print(json.dumps(leaks(parser.parse_args().re3d)))


if __name__ == "__main__":
    main()
