"""The same event in many articles: rows of many files in, groups of rows that tell one event out.

Rows are read once. What is compared of them (``row_evidence``) and what the record of an event needs (``event_groups``)
is kept in a temporary database on disk, never in memory: SQLite of the standard library, because sorting and looking up
by number are all that is needed, its memory is bounded, and its unnamed databases vanish with the process that opened
them, even if it is killed.

Rows that have a blocking key in common are sorted by date and compared with those before them that are still near
enough (sorted neighbourhood: Hernández and Stolfo 1995). Pairs are joined from the surest rule to the least sure; two
groups become one only if no row of the one contradicts a row of the other, and a rule joins at least half of the pairs,
so that a chain of doubtful pairs does not pull different events together. Events come first, and harm to people, which
follows the event that caused it, after them. The result depends neither on the order of files nor on that of rows.
"""

from __future__ import annotations

import hashlib
import marshal
import sqlite3
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from eventcorpus.events.event_groups import Best, Member, event_group, flat_group, group_columns, group_id, member_of
from eventcorpus.events.incidents import HARM
from eventcorpus.events.row_evidence import Evidence, blocking_keys, evidence_of, with_causes, with_harm
from eventcorpus.events.rows import Row
from eventcorpus.events.same_event import RULES, compare, rule_for
from eventcorpus.files import read_json_lines, read_lines, to_json
from eventcorpus.ontology import Ontology
from eventcorpus.progress import OnProgress, tracked
from eventcorpus.table_files import check_suffix, write_table
from eventcorpus.tables import counted
from eventcorpus.text import one_line

DAYS = 1
"""How many days apart the dates of one event may be: the night between two days, and time zones."""
_NEIGHBOURS = 100
"""Rows before it in its block with which a row is compared at most."""
_SAMPLE = 30
"""Rows of a group that are compared with another group, at most."""
_CACHE_KIB = 192 * 1024
_EVERY_DAY = (-(10**9), 10**9)
"""The period of rows without a date, which are compared by their text or cause alone."""
_TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA temp_store = FILE;
    CREATE TABLE read (article BLOB, id BLOB, is_harm INTEGER, member BLOB, evidence BLOB, UNIQUE (article, id));
    CREATE TABLE row (n INTEGER PRIMARY KEY, member BLOB, evidence BLOB);
    CREATE TABLE cause (harm INTEGER, event INTEGER, PRIMARY KEY (harm, event)) WITHOUT ROWID;
    CREATE TABLE block (
        key BLOB, first INTEGER, last INTEGER, n INTEGER, PRIMARY KEY (key, first, last, n)
    ) WITHOUT ROWID;
    CREATE TABLE pair (a INTEGER, b INTEGER, rule INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;
    CREATE TABLE joined (root INTEGER, rule INTEGER, PRIMARY KEY (root, rule)) WITHOUT ROWID;
    CREATE TABLE grouped (is_harm INTEGER, root INTEGER, n INTEGER, PRIMARY KEY (is_harm, root, n)) WITHOUT ROWID;
    CREATE TABLE name (root INTEGER PRIMARY KEY, id TEXT);
"""


@dataclass
class Deduplication:
    """What was done. ``repeated``: rows that stood more than once; ``other_content``: of them, with other content.

    ``joined``: groups of several rows. ``compared``: pairs of rows, more than once where no rule joins them.
    """

    rows: int = 0
    repeated: int = 0
    other_content: int = 0
    groups: int = 0
    joined: int = 0
    compared: int = 0

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"{counted(self.rows, 'row')} of {counted(self.groups, 'event')}, {self.joined:,} of them in several rows"
        if self.repeated:
            differ = f", {self.other_content:,} of them with other content: the surer one" if self.other_content else ""
            yield f"{counted(self.repeated, 'row')} stood more than once, counted once{differ}"


def dedupe(
    paths: Iterable[Path],
    out: Path,
    ontology: Ontology,
    *,
    best: Best = "latest",
    days: int = DAYS,
    on_progress: OnProgress | None = None,
) -> Deduplication:
    """Group the rows of files that tell the same event, and write one group a line.

    Args:
        out: JSON Lines with all that is known, or a flat table, by its suffix; complete or not at all.
        best: which figure of several reports is the best one.
        days: how many days apart the dates of one event may be.

    Raises:
        InputError: naming the file, line and key that cannot be read, or if no table is written to such a file.
        OutputError: if ``out`` cannot be written.
    """
    check_suffix(out, what="events")
    done = Deduplication()
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        database.executescript(_TABLES + f"PRAGMA cache_size = -{_CACHE_KIB};")
        work = _Work(database, ontology, days, done)
        database.execute("BEGIN")
        for row in tracked(_rows(paths), None, on_progress):
            work.add(row)
        work.number()
        for is_harm in (False, True):
            work.find_pairs(is_harm=is_harm)
            work.join()
        lines = work.groups(best)
        if out.suffix.lower() != ".jsonl":
            lines = (flat_group(group, ontology) for group in lines)
        write_table(lines, out, group_columns(ontology))
    return done


def _rows(paths: Iterable[Path]) -> Iterator[Row]:
    for path in paths:
        for number, data in read_json_lines(read_lines(path), place=str(path)):
            yield Row.of(data, place=f"{one_line(str(path))[1:-1]}: line {number}")


def _stored(value: tuple[object, ...]) -> bytes:
    """A tuple of plain values, and of tuples of such, whatever their classes."""
    return marshal.dumps(_plain(value))


def _plain(value: Any) -> Any:
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value


def _hashed(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=12).digest()


@dataclass
class _Work:
    """The temporary database, from rows to groups. Rows have numbers in the order of their articles and ids.

    ``root``: by number, that of the first row of the group. ``is_harm``: by number, whether it tells of harm to people.
    """

    database: sqlite3.Connection
    ontology: Ontology
    days: int
    done: Deduplication
    root: array[int] = field(default_factory=lambda: array("q"))
    is_harm: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self.harm_labels = {label.name for label in self.ontology.triggers if label.maps_to.get("acled") == HARM}
        self.evidence = lru_cache(maxsize=20_000)(self._evidence)

    def _evidence(self, n: int) -> Evidence:
        (stored,) = self.database.execute("SELECT evidence FROM row WHERE n = ?", (n,)).fetchone()
        return Evidence.stored(marshal.loads(stored))

    # rows in -------------------------------------------------------------------------------------------------------

    def add(self, row: Row) -> None:
        """Take a row. Of rows with the same article and id one is kept: the surest, whatever the order of files."""
        key = (row.article.encode("utf-8", "surrogatepass"), row.id.encode("utf-8", "surrogatepass"))
        member, evidence = member_of(row, self.ontology), evidence_of(row, self.ontology)
        values = (*key, row.label in self.harm_labels, _stored(member), _stored(evidence))
        if self.database.execute("INSERT OR IGNORE INTO read VALUES (?, ?, ?, ?, ?)", values).rowcount:
            self.done.rows += 1
            return
        self.done.repeated += 1
        known = self.database.execute("SELECT member, evidence FROM read WHERE article = ? AND id = ?", key).fetchone()
        before = [list(marshal.loads(part)) for part in known]
        after = [list(marshal.loads(part)) for part in values[3:]]
        if before != after:
            self.done.other_content += 1
            if (row.confidence, to_json(after)) > (before[0][-1], to_json(before)):
                self.database.execute("REPLACE INTO read VALUES (?, ?, ?, ?, ?)", values)

    def number(self) -> None:
        """Give rows their numbers, and tell events and the harm that they caused what their article says of each."""
        read = self.database.execute("SELECT article, id, is_harm, member, evidence FROM read ORDER BY article, id")
        for _, rows in groupby(read, key=lambda row: row[0]):
            self._number_article([(bytes(row[1]).decode("utf-8", "surrogatepass"), *row[2:]) for row in rows])
        self.database.execute("DROP TABLE read")

    def _number_article(self, rows: list[tuple[str, int, bytes, bytes]]) -> None:
        numbers = {name: len(self.root) + i for i, (name, *_) in enumerate(rows)}
        own = {name: Evidence.stored(marshal.loads(stored)) for name, _, _, stored in rows}
        harms = {name for name, is_harm, *_ in rows if is_harm}
        causes = {name: [c for c in own[name].causes if c in own and c not in harms] for name in harms}
        told = dict(own)
        for name in sorted(harms):
            told[name] = with_causes(own[name], [own[cause] for cause in causes[name]])._replace(causes=())
            for cause in causes[name]:
                self.database.execute("INSERT OR IGNORE INTO cause VALUES (?, ?)", (numbers[name], numbers[cause]))
            if len(causes[name]) == 1:
                told[causes[name][0]] = with_harm(told[causes[name][0]], [own[name]])
        for name, is_harm, member, _ in rows:
            self.root.append(numbers[name])
            self.is_harm.append(is_harm)
            evidence = told[name] if is_harm else told[name]._replace(causes=())
            values = (numbers[name], member, _stored(evidence))
            self.database.execute("INSERT INTO row VALUES (?, ?, ?)", values)

    # pairs ---------------------------------------------------------------------------------------------------------

    def find_pairs(self, *, is_harm: bool) -> None:
        """Compare rows that have a blocking key in common, and note those that a rule joins."""
        self.database.execute("DELETE FROM block")
        self.database.execute("DELETE FROM pair")
        for n in range(len(self.root)):
            if self.is_harm[n] == is_harm:
                self._add_keys(n, is_harm=is_harm)
        self.evidence.cache_clear()
        block = self.database.execute("SELECT key, first, last, n FROM block ORDER BY key, first, last, n")
        for _, rows in groupby(block, key=lambda row: row[0]):
            near: OrderedDict[int, int] = OrderedDict()
            for _, first, last, n in rows:
                for other in [other for other, end in near.items() if end + self.days < first]:
                    del near[other]
                for other in near:
                    self._compare(other, n)
                near[n] = last
                if len(near) > _NEIGHBOURS:
                    near.popitem(last=False)

    def _add_keys(self, n: int, *, is_harm: bool) -> None:
        evidence = self.evidence(n)
        if is_harm:
            found = self.database.execute("SELECT event FROM cause WHERE harm = ?", (n,))
            groups = {str(self.root[event]) for (event,) in found}
            if groups:
                evidence = evidence._replace(causes=tuple(sorted(groups)))
                values = (_stored(evidence), n)
                self.database.execute("UPDATE row SET evidence = ? WHERE n = ?", values)
        first, last = (evidence.start, evidence.end) if evidence.start is not None else _EVERY_DAY
        keys = ((_hashed(key), first, last, n) for key in blocking_keys(evidence))
        self.database.executemany("INSERT OR IGNORE INTO block VALUES (?, ?, ?, ?)", keys)

    def _compare(self, a: int, b: int) -> None:
        a, b = min(a, b), max(a, b)
        if self.database.execute("SELECT 1 FROM pair WHERE a = ? AND b = ?", (a, b)).fetchone():
            return  # joined by another key
        self.done.compared += 1
        rule = self._rule(a, b)
        if rule is not None and rule >= 0:
            self.database.execute("INSERT INTO pair VALUES (?, ?, ?)", (a, b, rule))

    def _rule(self, a: int, b: int) -> int | None:
        """The rule that joins two rows, -1 if there is none, None if they contradict each other.

        Two rows of one article that no rule joins are two events there, which is a contradiction.
        """
        first, second = self.evidence(a), self.evidence(b)
        agreement = compare(first, second, days=self.days)
        if agreement is None:
            return None
        rule = rule_for(first, second, agreement)
        if rule is None:
            return None if first.article == second.article else -1
        return rule

    # groups --------------------------------------------------------------------------------------------------------

    def join(self) -> None:
        """Make groups of the pairs, one connected component after another."""
        component = array("q", self.root)
        for a, b in self.database.execute("SELECT a, b FROM pair"):
            one, other = _first(component, a), _first(component, b)
            component[max(one, other)] = min(one, other)
        self.database.create_function("component", 1, lambda n: _first(component, n), deterministic=True)
        pairs = self.database.execute("SELECT component(a) AS of, a, b, rule FROM pair ORDER BY of, rule, a, b")
        for _, found in groupby(pairs, key=lambda pair: pair[0]):
            groups = _Groups(self.agree)
            for _, a, b, rule in found:
                groups.join(a, b, rule)
            for group in groups:
                root = min(group.members)
                for n in group.members:
                    self.root[n] = root
                rules = [(root, rule) for rule in group.rules]
                self.database.executemany("INSERT INTO joined VALUES (?, ?)", rules)

    def agree(self, a: int, b: int) -> bool | None:
        """Whether a rule joins two rows; None if they contradict each other."""
        rule = self._rule(a, b)
        return None if rule is None else rule >= 0

    def groups(self, best: Best) -> Iterator[dict[str, Any]]:
        """The records of all groups in the order of their first rows, harm to people last."""
        rows = ((self.is_harm[n], self.root[n], n) for n in range(len(self.root)))
        self.database.executemany("INSERT INTO grouped VALUES (?, ?, ?)", rows)
        told = self.database.execute(
            "SELECT root, n, member FROM grouped CROSS JOIN row USING (n) ORDER BY is_harm, root, n"
        )
        for root, found in groupby(told, key=lambda row: row[0]):
            numbers_and_members = [(n, Member(*marshal.loads(stored))) for _, n, stored in found]
            members = [member for _, member in numbers_and_members]
            name = group_id((member.article, member.id) for member in members)
            self.database.execute("INSERT INTO name VALUES (?, ?)", (root, name))
            joined = self.database.execute("SELECT rule FROM joined WHERE root = ?", (root,))
            rules = {RULES[rule].name: RULES[rule].confidence for (rule,) in joined}
            self.done.groups += 1
            self.done.joined += len(members) > 1
            yield event_group(members, best=best, cause=self._causes(n for n, _ in numbers_and_members), rules=rules)

    def _causes(self, numbers: Iterable[int]) -> list[str]:
        """The ids of the groups of the events that caused these rows, whose records come first."""
        events = [
            event for n in numbers for (event,) in self.database.execute("SELECT event FROM cause WHERE harm = ?", (n,))
        ]
        names = [
            self.database.execute("SELECT id FROM name WHERE root = ?", (self.root[event],)).fetchone()
            for event in events
        ]
        return sorted({name for (name,) in names})


def _first(parent: array[int], n: int) -> int:
    """The first row of a component, by the union-find algorithm with path halving."""
    while parent[n] != n:
        parent[n] = parent[parent[n]]
        n = parent[n]
    return n


@dataclass
class _Group:
    """Rows that tell one event, those of them that are compared, and the rules that joined them."""

    members: list[int]
    sample: list[int]
    rules: set[int] = field(default_factory=set)

    def take(self, other: _Group, rule: int) -> None:
        """Take all rows of another group."""
        self.members += other.members
        self.sample = sorted((*self.sample, *other.sample))[:_SAMPLE]
        self.rules |= {*other.rules, rule}


class _Groups:
    """Groups of the rows of one component.

    Args:
        agree: whether a rule joins two rows, None if they contradict each other.
    """

    def __init__(self, agree: Callable[[int, int], bool | None]) -> None:
        self.agree = agree
        self._of: dict[int, _Group] = {}

    def __iter__(self) -> Iterator[_Group]:
        return iter({id(group): group for group in self._of.values()}.values())

    def join(self, a: int, b: int, rule: int) -> None:
        """Join the groups of two rows, unless the groups do not agree."""
        one, other = (self._of.setdefault(n, _Group([n], [n])) for n in (a, b))
        if one is other or not self._may_join(one, other):
            return
        if len(one.members) < len(other.members):
            one, other = other, one
        self._of.update(dict.fromkeys(other.members, one))
        one.take(other, rule)

    def _may_join(self, one: _Group, other: _Group) -> bool:
        """Whether no pair contradicts each other and a rule joins at least half of them."""
        n_agreeing = 0
        for a in one.sample:
            for b in other.sample:
                agreeing = self.agree(min(a, b), max(a, b))
                if agreeing is None:
                    return False
                n_agreeing += agreeing
        return n_agreeing * 2 >= len(one.sample) * len(other.sample)
