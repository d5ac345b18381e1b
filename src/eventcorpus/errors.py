"""All exceptions that users can meet.

Every message names the file, the article, the value and the limit, and ends with the way out.
"""

import difflib
import re
from collections.abc import Iterable

_LONGEST = 500
_LONG = re.compile(rf"\S{{{_LONGEST + 1},}}")


class EventCorpusError(Exception):
    """Base class; the command line prints its message in one line and exits with 1.

    A name of more than ``_LONGEST`` characters, such as the key of a hostile file, is cut.
    """

    def __str__(self) -> str:
        return _LONG.sub(lambda found: f"{found[0][:100]}...", super().__str__())


class InputError(EventCorpusError):
    """A file, article or annotation cannot be read as it is."""


class OntologyError(InputError):
    """An ontology contradicts itself, or data was annotated under another one."""


class SpanError(InputError):
    """An offset, label or text does not fit its article."""


class PredictionsError(InputError):
    """A predictions file does not follow its format."""


class RecipeError(EventCorpusError):
    """A training recipe has an unknown key or a wrong value."""


class ModelError(EventCorpusError):
    """An encoder or a model folder cannot be loaded."""


class ServerError(EventCorpusError):
    """A Label Studio server refuses, fails or does not answer."""


class HubError(EventCorpusError):
    """The Hugging Face hub refuses, fails or does not answer."""


class RequestError(EventCorpusError):
    """The service refuses a request: the HTTP status of the answer, and after how many seconds to ask again."""

    def __init__(self, message: str, *, status: int = 400, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class StrictError(EventCorpusError):
    """``--strict`` was asked for and something was repaired, refused or flagged."""


class OutputError(EventCorpusError):
    """The output cannot be written."""


def first_line(error: BaseException) -> str:
    """The first line of another library's message, at most 200 characters; the name of the error if it says nothing.

    >>> first_line(OSError("no such file\\nusage: ...")), first_line(KeyError())
    ('no such file', 'KeyError')
    """
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def nearest(name: str, known: Iterable[str]) -> str:
    """The way out for a name that does not exist: the nearest that does, or all of them.

    >>> nearest("licens", ["licence", "name"]), nearest("x", ["licence", "name"])
    ("did you mean 'licence'", 'there are licence, name')
    """
    listed = list(known)
    near = difflib.get_close_matches(name, listed, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}" if near else f"there are {', '.join(listed) or 'none'}"
