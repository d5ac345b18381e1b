r"""An inline notation for annotated articles, for people who would rather type than click.

    === market-blast
    title: Blast in the market
    kind: wire
    tags: dateline, passive

    [Rebels](Actor#a1) [shelled](Explosion agent=a1 target=p1 place=p1 modality=possible) [Khan Rimal](Place#p1).

``[words](Label#id key=value ...)``: keys are roles (values: ids, joined by commas) or attributes of the ontology (if
they may have several values, these are joined by commas, too).
Without ``#id`` a mention is _1, _2, ... by its place in the article. Mentions may nest, not cross. ``\[``, ``\]``,
``\\`` and ``\=`` are literal, ``\n`` is a line feed at the edge of a text; labels and values are percent-encoded.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from eventcorpus.annotation.assemble import annotated_article
from eventcorpus.annotation.rules import violations
from eventcorpus.articles.rows import article_from_row, published_date
from eventcorpus.errors import EventCorpusError, InputError, SpanError
from eventcorpus.files import read_text, to_json
from eventcorpus.ontology import ORIGIN_KEY, Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span, span_order
from eventcorpus.tables import counted
from eventcorpus.text import one_line, stored_form

_ESCAPED = {"[": "[", "]": "]", "\\": "\\", "=": "=", "n": "\n"}
_TOKEN = re.compile(r"(?P<plain>[^\[\]\\]+)|\\(?P<escaped>[\[\]\\=n])|\[|\](?:\((?P<inside>[^)]*)\))?|\\")
_HEADER = [field.name for field in fields(Article) if field.name not in ("id", "text")]


def read_inline(content: str, ontology: Ontology, *, place: str) -> list[AnnotatedArticle]:
    """Read articles in the inline notation.

    Raises:
        InputError, SpanError: naming place, line or article, and what is wrong.
    """
    content = stored_form(content).text
    if not content.startswith("=== "):
        raise InputError(f"{place}: line 1: an article starts with '=== its-id'")
    parts = re.split(r"^=== (.*)$", content, flags=re.MULTILINE)[1:]
    articles: dict[str, AnnotatedArticle] = {}
    for article_id, block in zip(map(str.strip, parts[::2]), parts[1::2], strict=True):
        if article_id in articles:
            raise InputError(f"{place}: article {article_id!r} stands there twice; ids are unique")
        articles[article_id] = _read_article(article_id, block, ontology, place=f"{place}: article {article_id}")
    return list(articles.values())


def read_inline_files(paths: Iterable[Path], ontology: Ontology, *, header: str = "") -> list[AnnotatedArticle]:
    """Read files of articles that follow the ontology's rules.

    Args:
        header: lines that every article's header begins with, each with its line feed.

    Raises:
        InputError, SpanError: as of ``read_inline``; for an id in two files; for the first broken rule.
    """
    annotated: list[AnnotatedArticle] = []
    for path in paths:
        content = re.sub("^=== .*\n", lambda found: found[0] + header, read_text(path), flags=re.MULTILINE)
        annotated += read_inline(content, ontology, place=str(path))
    for article_id, n in Counter(a.article.id for a in annotated).items():
        if n > 1:
            raise InputError(
                f"article {article_id!r} stands in two files; ids are unique; what two people annotated is read apart, "
                "each with --annotator NAME"
            )
    found = [f"article {a.article.id}: {violation}" for a in annotated for violation in violations(a, ontology)]
    if found:
        raise InputError(f"{found[0]} ({counted(len(found), 'fault')}; see eventcorpus inline check)")
    return annotated


@dataclass
class InlineCheck:
    """What is in files: how often each label, role and value of an attribute, and how many faults."""

    counts: Counter[str] = field(default_factory=Counter)
    n_faults: int = 0

    def lines(self, paths: Iterable[Path], ontology: Ontology) -> Iterator[str]:
        """Count, and say in a line each: what an article has, its faults, and triggers that have no role."""
        for path in paths:
            try:
                articles = read_inline(read_text(path), ontology, place=str(path))
            except EventCorpusError as error:
                self.n_faults += 1
                yield str(error)
                continue
            for annotated in articles:
                yield from self._lines_of(annotated, ontology)

    def _lines_of(self, annotated: AnnotatedArticle, ontology: Ontology) -> Iterator[str]:
        article, spans, roles = annotated.article, annotated.spans, annotated.roles
        triggers = [span for span in spans if span.label in ontology.trigger_names]
        n_words = len(article.text.split())
        yield (
            f"{article.id}: {counted(n_words, 'word')}, {counted(len(spans), 'span')}, "
            f"{counted(len(triggers), 'trigger')} ({1000 * len(triggers) / n_words:.0f} per 1,000 words), "
            f"{counted(len(roles), 'role')}, {counted(len(annotated.events), 'event')}"
        )
        for fault in violations(annotated, ontology):
            self.n_faults += 1
            yield f"  fault: {fault}"
        with_roles = {role.trigger for role in roles}
        for span in triggers:
            if span.id not in with_roles:
                yield f"  look: {span.label} {one_line(article.text[span.start : span.end])} has no role"
        self.counts.update(f"label {span.label}" for span in spans)
        self.counts.update(f"role {role.role}" for role in roles)
        self.counts.update(f"{name}={value}" for span in spans for name, value in span.attributes)


def _read_article(article_id: str, block: str, ontology: Ontology, *, place: str) -> AnnotatedArticle:
    header, blank, body = block.partition("\n\n")
    if not blank:
        raise InputError(f"{place}: no empty line after the header")
    values: dict[str, Any] = {}
    for line in filter(str.strip, header.split("\n")):
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or key not in _HEADER:
            raise InputError(f"{place}: header line {line!r} is not one of {', '.join(_HEADER)} followed by a colon")
        values[key] = published_date(value, place=place) if key == "published" else value
    text, mentions = _scan(body.strip("\n"), place=place)
    article = article_from_row(values | {"id": article_id, "text": text}, place=place)
    role_names = {role.name for role in ontology.roles}
    attribute_of = {attribute.name: attribute for attribute in ontology.attributes}
    spans: list[Span] = []
    roles: list[Role] = []
    seen: set[str] = set()
    for n, (start, end, written) in enumerate(sorted(reversed(mentions), key=lambda m: (m[0], -m[1])), start=1):
        head, *pairs = written.split() or [""]
        label, _, span_id = head.partition("#")
        label, span_id = unquote(label), span_id or f"_{n}"
        shown = f"{place}: [{text[start:end]}]({written})"
        if span_id in seen:
            raise SpanError(f"{place}: the id {span_id!r} is used by two mentions")
        seen.add(span_id)
        if label not in ontology.rank:
            raise SpanError(f"{shown}: {label!r} is not a label of {ontology.key}; it has {', '.join(ontology.labels)}")
        if start == end or text[start:end] != text[start:end].strip():
            raise SpanError(f"{shown}: a mention is not empty and does not begin or end with a blank")
        attributes: dict[str, list[str]] = {}
        for pair in pairs:
            key, equals, value = pair.partition("=")
            key = unquote(key)
            attribute = attribute_of.get(key)
            may_repeat = attribute is not None and attribute.multiple
            said = value.split(",") if may_repeat or key in role_names else [value]
            is_free_text = attribute is not None and not attribute.values
            if not equals or not (is_free_text or all(said)) or (key in attributes and not may_repeat):
                raise SpanError(f"{shown}: {pair!r} is not key=value, or stands twice")
            if key in role_names:
                roles += [Role(key, span_id, argument) for argument in said]
            elif attribute is not None or key == ORIGIN_KEY:
                attributes.setdefault(key, []).extend(map(unquote, said))
            else:
                raise SpanError(f"{shown}: {key!r} is neither a role nor an attribute of {ontology.key}")
        (origin,) = attributes.pop(ORIGIN_KEY, ["manual"])
        in_order = tuple((a.name, x) for a in ontology.attributes for x in attributes.get(a.name, ()))
        spans.append(Span(span_id, start, end, label, in_order, origin))
    for role in roles:
        if role.argument not in seen:
            raise SpanError(
                f"{place}: {role.role}={role.argument} at {role.trigger!r} names no mention of this article"
            )
    return annotated_article(article, spans, set(roles), ontology)


def _scan(body: str, *, place: str) -> tuple[str, list[tuple[int, int, str]]]:
    """Take the markup out of a body: its text, and (start, end, what stands in the brackets) per mention."""
    text = ""
    opened: list[tuple[int, int]] = []
    mentions: list[tuple[int, int, str]] = []
    for token in _TOKEN.finditer(body):
        at = token.start()
        if token["plain"] or token["escaped"]:
            text += token["plain"] or _ESCAPED[token["escaped"]]
        elif token[0] == "[":
            opened.append((len(text), at))
        elif token[0] == "\\":
            found = body[at : at + 2]
            raise InputError(f"{place}: a backslash stands before [ ] = n or another backslash; found {found!r}")
        elif token["inside"] is None or not opened:
            raise InputError(
                f"{place}: near {body[max(0, at - 30) : at + 10]!r}: ']' closes a mention and is followed by (Label)"
            )
        else:
            mentions.append((opened.pop()[0], len(text), token["inside"]))
    if opened:
        raise InputError(f"{place}: near {body[opened[-1][1] :][:40]!r}: '[' is never closed")
    return text, mentions


def write_inline(articles: Sequence[AnnotatedArticle]) -> str:
    """Write annotated articles in the inline notation; reading the result gives the same articles.

    Raises:
        SpanError: for spans that cross, which the notation cannot express.
    """
    return "\n".join("".join(_write_article(annotated)) for annotated in articles)


def _write_article(annotated: AnnotatedArticle) -> Iterator[str]:
    article = annotated.article
    yield f"=== {article.id}\n"
    for name in _HEADER:
        value = getattr(article, name)
        if value in (None, (), {}):
            continue
        shown = ", ".join(value) if name == "tags" else value if isinstance(value, str) else to_json(value)
        if "\n" in shown:
            raise InputError(f"article {article.id}: its {name} has a line break; the inline notation cannot hold it")
        yield f"{name}: {shown}\n"
    yield "\n"
    marks: defaultdict[int, list[str]] = defaultdict(list)
    open_ends: list[int] = []
    for n, span in enumerate(sorted(annotated.spans, key=span_order), start=1):
        while open_ends and open_ends[-1] <= span.start:
            open_ends.pop()
        if open_ends and span.end > open_ends[-1]:
            raise SpanError(
                f"article {article.id}: the span [{span.start}, {span.end}) crosses another; the inline "
                "notation cannot hold it"
            )
        open_ends.append(span.end)
        marks[span.start].append("[")
        marks[span.end].insert(0, f"]({_inside(span, n, annotated.roles)})")
    text = article.text
    edge = len(text) - len(text.lstrip("\n")), len(text.rstrip("\n"))
    for i, character in enumerate(text):
        yield "".join(marks[i])
        if character == "\n":
            yield "\\n" if i < edge[0] or i >= edge[1] else "\n"
        else:
            yield f"\\{character}" if character in "[]\\=" else character
    yield "".join(marks[len(text)]) + "\n"


def _inside(span: Span, n: int, roles: Sequence[Role]) -> str:
    links: defaultdict[str, list[str]] = defaultdict(list)
    for role in roles:
        if role.trigger == span.id:
            links[role.role].append(role.argument)
    said: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in span.attributes:
        said[name].append(quote(value))
    pairs = [f"{quote(name)}={','.join(values)}" for name, values in said.items()]
    pairs += [f"{quote(role)}={','.join(arguments)}" for role, arguments in links.items()]
    pairs += [f"{ORIGIN_KEY}={quote(span.origin)}"] if span.origin != "manual" else []
    return " ".join([quote(span.label) + ("" if span.id == f"_{n}" else f"#{span.id}"), *pairs])
