"""The blocks of code in Markdown files: fenced ones, and stretches of lines that are indented by four or more."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_CONTROL = re.compile(r"^(?:[;&|<>()]+)$")


@dataclass(frozen=True)
class Block:
    """``language`` is what stands behind the fence; empty if nothing does, or there is none."""

    place: str
    language: str
    lines: tuple[str, ...]

    @property
    def code(self) -> str:
        """Its text."""
        return "".join(f"{line}\n" for line in self.lines)


def blocks_of(text: str, *, name: str) -> Iterator[Block]:
    """The blocks of a page, in their order; in lists, indented ones may be indented by more."""
    language: str | None = None
    lines: list[str] = []
    start = 0
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        fence = re.match(r"^\s*```(\w*)", line)
        is_code = bool(re.match(r"^ {4,}\S", line)) if language is None else not fence
        if is_code:
            start = start or number
            lines.append(line)
            continue
        if lines:
            indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
            yield Block(f"{name}:{start}", language or "", tuple(line[indent:] for line in lines))
        lines, start = [], 0
        if fence:
            language = fence[1] if language is None else None


def commands_in(block: Block) -> Iterator[list[str]]:
    """The words of each command in the lines of a block that begin with ``eventcorpus``, and of those they are joined to."""
    for line in block.code.replace("\\\n", " ").splitlines():
        if re.match(r"^\s*(eventcorpus|make|cd)\s", line):
            lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|<>()")
            lexer.whitespace_split = True
            words: list[str] = []
            is_file = False  # the word behind a redirection
            for word in [*lexer, ";"]:
                if not _CONTROL.match(word):
                    words += [] if is_file else [word]
                elif words and not set(word) & set("<>"):
                    yield words
                    words = []
                is_file = bool(set(word) & set("<>")) and bool(_CONTROL.match(word))


def pages(root: Path) -> list[Path]:
    """The pages whose commands are kept true."""
    found = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
    return [*found, *(root / name for name in ("training/README.md", "eval/README.md", "corpus/README.md"))]
