"""Datasets made up at random, with hostile text, for there-and-back tests of exports."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eventcorpus.annotation.assemble import annotated_article
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import Entry, write_dataset
from eventcorpus.ontology import Ontology, parse_ontology
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span
from eventcorpus.text import stored_form, trim

WORDS = [
    "Rebels", "shelled", "Kalo", "Zürn", "e\u0301tat", "حلب", "北京", "🔥", "O", "B-Actor", "I-Place", "-DOCSTART-",
    "#", "# newdoc", "--", "_", "0", "1", "1-2", "3.5", "No.", "St.", "it's", '"', "“so”", "a|b", "x=y", "(ORG)", "*",
    "\u200b", "\u00ad", "\ufeff", "\ufffd", "T1", "E1", "&amp;", "<b>", "{}", "\\n", "Ａ", "ﬁ", "word", "tag", "token",
]  # fmt: skip
GAPS = [" "] * 12 + [
    "",
    "",
    ". ",
    ".\n",
    "\n",
    "\n\n",
    "\t",
    "  ",
    "\u00a0",
    "\u3000",
    "\u2028",
    "\u2029",
    "\r\n",
    "\r",
    "\x0b",
    "\x85",
    "\x00",
]
LABELS = ("Actor", "Place", "Money amount", "B", "a|b", "O", "Über-Ort", "1", "NP", "E-Mail", "x:y", "Target (role)")
TRIGGERS = ("Shelling", "Take over", "E1")
ROLES = ("Target", "Target2", "time span", "Place (role)")
VALUES = ("actual", "not sure", "a,b", "c|d")


@dataclass(frozen=True)
class Made:
    """A dataset folder with what was put into it."""

    folder: Path
    ontology: Ontology
    splits: dict[str, list[AnnotatedArticle]]

    @property
    def articles(self) -> list[AnnotatedArticle]:
        """The articles of all splits, in order."""
        return [annotated for articles in self.splits.values() for annotated in articles]


def made_dataset(folder: Path, seed: int) -> Made:
    """A dataset of up to five articles in up to three splits; at least one span is in it."""
    chance = random.Random(seed)
    labels = [*chance.sample(LABELS, chance.randint(1, 4))]
    triggers = chance.sample(TRIGGERS, chance.randint(0, 2))
    roles = [role for role in chance.sample(ROLES, chance.randint(1, 3)) if role not in labels]
    ontology = _ontology(labels, triggers, roles)
    splits: dict[str, list[AnnotatedArticle]] = {}
    for n in range(chance.randint(1, 5)):
        split = chance.choice(("train", "train", "validation", "test"))
        article = _article(chance, n, ontology)
        splits.setdefault(split, []).append(article)
    ordered = {split: splits[split] for split in ("train", "validation", "test") if split in splits}
    if not any(annotated.spans for articles in ordered.values() for annotated in articles):
        return made_dataset(folder, seed + 1_000_000)
    report = ConversionReport()
    entries = [Entry(split, annotated, [annotated]) for split, articles in ordered.items() for annotated in articles]
    write_dataset(folder, entries, ontology, report, gold_policy="made up", inputs={})
    return Made(folder, ontology, ordered)


def _ontology(labels: Sequence[str], triggers: Sequence[str], roles: Sequence[str]) -> Ontology:
    return parse_ontology(
        {
            "name": "made",
            "version": "1.0.0",
            "flat": False,
            "triggers": [{"name": name} for name in triggers],
            "entities": [{"name": name} for name in labels],
            "roles": [{"name": name} for name in roles],
            "attributes": [
                {"name": "certainty", "of": [*triggers, *labels], "values": [{"name": value} for value in VALUES]},
                {"name": "Negated", "of": [*triggers, *labels], "values": [{"name": "true"}]},
                {"name": "my note", "of": [*triggers, *labels], "multiple": True},
            ],
        },
        place="made",
    )


def _article(chance: random.Random, n: int, ontology: Ontology) -> AnnotatedArticle:
    raw = "".join(chance.choice(WORDS) + chance.choice(GAPS) for _ in range(chance.randint(1, 25)))
    text = stored_form(raw).text
    if not text.strip():
        text = "Kalo"
    id_ = chance.choice(("a", "train/b", "x y", "../up", "c/d", "é", "A", ".hidden", "long" * 80, "q?*:")) + str(n)
    title, metadata = chance.choice((None, None, "A title")), chance.choice(({}, {}, {"n": 1}))
    article = Article(id_, text, title=title, language=chance.choice((None, "en")), metadata=metadata)
    spans: dict[tuple[int, int, str], Span] = {}
    for _ in range(chance.choice((0, 1, 2, 4, 8))):
        start = chance.randrange(len(text))
        start, end = trim(text, start, min(len(text), start + chance.choice((1, 2, 4, 8, 30))))
        if start < end:
            label = chance.choice(ontology.labels)
            span = Span(f"1:{len(spans)}", start, end, label, _attributes(chance))
            spans.setdefault((start, end, label), span)
    of_article = list(spans.values())
    roles = {
        _role(chance, of_article, ontology)
        for _ in range(chance.randint(0, 4))
        if len(of_article) > 1 and ontology.roles
    }
    return annotated_article(article, of_article, roles, ontology)


def _role(chance: random.Random, spans: Sequence[Span], ontology: Ontology) -> Role:
    first, second = chance.sample(list(spans), 2)
    return Role(chance.choice(ontology.roles).name, first.id, second.id)


def _attributes(chance: random.Random) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    if chance.random() < 0.4:
        found.append(("certainty", chance.choice(VALUES)))
    if chance.random() < 0.2:
        found.append(("Negated", "true"))
    if chance.random() < 0.3:
        found += [
            ("my note", note)
            for note in chance.sample(("who?", "two\nlines", " edge ", "tab\tin", "T1 E1"), chance.randint(1, 2))
        ]
    return tuple(found)
