"""The account of what came in, went out, was repaired or refused, with the reason: nothing is lost in silence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from eventcorpus.errors import StrictError

Kind = Literal["articles", "spans", "roles", "attributes"]
Verdict = Literal["repaired", "refused", "flagged"]
KINDS: tuple[Kind, ...] = ("articles", "spans", "roles", "attributes")


@dataclass
class Account:
    """Counts per kind, with in = kept + repaired + refused and out = kept + repaired.

    A *flagged* item is kept, but breaks a rule that Label Studio cannot enforce; ``--strict`` refuses it. What the user
    asked to leave out counts as refused, by kind and reason, and is no fault: ``--strict`` passes.
    """

    kept: Counter[str] = field(default_factory=Counter)
    items: list[dict[str, str]] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    _repaired: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict, repr=False, compare=False)

    def keep(self, kind: Kind, n: int = 1) -> None:
        """Count ``n`` items that go out as they came in."""
        self.kept[kind] += n

    def repair(self, kind: Kind, article: str, item: str, reason: str) -> None:
        """Count an item that goes out changed; ``reason`` is a fixed phrase, ``item`` says which."""
        self._add("repaired", kind, article, item, reason)

    def refuse(self, kind: Kind, article: str, item: str, reason: str) -> None:
        """Count an item that does not go out."""
        self._add("refused", kind, article, item, reason)

    def leave_out(self, kind: Kind, reason: str, n: int = 1) -> None:
        """Count ``n`` items that do not go out because the user asked for it; ``reason`` says how."""
        self.left_out[kind, reason] += n

    def take_back(self, kind: Kind, article: str, name: str = "") -> None:
        """Uncount one item that was kept or repaired and will not go out after all; refuse it or leave it out then.

        It counts as repaired if a repair in this article names it, else as kept (while any are).
        """
        mended = self._repaired.get((kind, article), [])
        named = [item for item in mended if name and f" {name} " in f" {item['item']} "]
        if not named and self.kept[kind]:
            self.kept[kind] -= 1
            return
        of_kind = (items for (of, _), items in self._repaired.items() if of == kind)
        item = next(iter(named or mended or [one for items in of_kind for one in items]))
        self._repaired[kind, item["article"]].remove(item)
        self.items.remove(item)

    def flag(self, kind: Kind, article: str, item: str, reason: str) -> None:
        """Note an item that is counted as kept elsewhere but breaks a rule."""
        self._add("flagged", kind, article, item, reason)

    def note(self, what: str, n: int = 1) -> None:
        """Count something worth knowing that is no loss."""
        self.notes[what] += n

    def _add(self, verdict: Verdict, kind: Kind, article: str, item: str, reason: str) -> None:
        told = {"kind": kind, "verdict": verdict, "article": article, "item": item, "reason": reason}
        self.items.append(told)
        if verdict == "repaired":
            self._repaired.setdefault((kind, article), []).append(told)

    def count(self, kind: Kind, verdict: Verdict) -> int:
        """How many items of a kind met this verdict."""
        asked = sum(n for (of, _), n in self.left_out.items() if of == kind) if verdict == "refused" else 0
        return asked + sum(item["kind"] == kind and item["verdict"] == verdict for item in self.items)

    def as_json(self) -> dict[str, Any]:
        """The account as ``loss_report.json`` holds it."""
        report: dict[str, Any] = {"schema": 1}
        for kind in KINDS:
            repaired, refused = self.count(kind, "repaired"), self.count(kind, "refused")
            reasons = Counter(f"{item['verdict']}: {item['reason']}" for item in self.items if item["kind"] == kind)
            reasons.update({f"left out: {reason}": n for (of, reason), n in self.left_out.items() if of == kind})
            report[kind] = {
                "in": self.kept[kind] + repaired + refused,
                "kept": self.kept[kind],
                "repaired": repaired,
                "refused": refused,
                "out": self.kept[kind] + repaired,
                "flagged": self.count(kind, "flagged"),
                "reasons": dict(sorted(reasons.items())),
            }
        return report | {"notes": dict(sorted(self.notes.items())), "items": self.items}

    def summary(self) -> str:
        """One line: what came in and went out, per kind."""
        parts = []
        for kind, figures in self.as_json().items():
            if kind in KINDS:
                changed = [f"{figures[v]} {v}" for v in ("repaired", "refused", "flagged") if figures[v]]
                parts.append(
                    f"{figures['out']:,} of {figures['in']:,} {kind}" + (f" ({', '.join(changed)})" if changed else "")
                )
        return ", ".join(parts)

    def check_strict(self) -> None:
        """Raise StrictError if anything was repaired, refused or flagged."""
        if self.items:
            first = self.items[0]
            raise StrictError(
                f"--strict: {self.summary()}; the first: article {first['article']}: {first['item']} "
                f"{first['verdict']} "
                f"({first['reason']}); nothing was written; run without --strict and read loss_report.json"
            )
