"""Which texts a model can read: told by script, unknown tokens, the language that an article states, and common words.

Comes in: what a model learned from (``TrainingTexts`` and ``languages`` of its ``eventcorpus.json``), an article and
its tokens. Goes out: warnings. Nothing here identifies a language. A text in the script of the training texts that
states no language is told by the words that are most common in those: hardly any of them stand in a text of another
language. Of some fifteen words or fewer nothing is told so, nor where the training texts had fewer than 5,000 words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from eventcorpus.files import StrictModel
from eventcorpus.predictions import WarningCode
from eventcorpus.schema import Article
from eventcorpus.text import one_line, words

if TYPE_CHECKING:
    from eventcorpus.models.windows import EncodedText

LEAST_SCRIPT, LEAST_LETTERS = 0.2, 10
"""From which share and number of letters in a script that the model has not learned there is a warning."""
LEAST_UNKNOWN = 0.3
"""From which share of letters in unknown tokens there is a warning."""
N_COMMON, MOST_IMPROBABLE = 300, 1e-5
"""Most common words that are kept of the training texts; how improbable it is for a readable text to have so few."""
_LEAST_WORDS, _LEAST_COMMON_SHARE = 5000, 0.25
_LEAST_SHARE_LEARNED = 0.01
_SPELLED_OUT = 1.6
"""Letters a token below which a script is read letter by letter; of scripts with a sign a syllable or word: 0.9."""
_SYLLABLES = frozenset({"Han", "Kana", "Hangul"})
_SCRIPTS = {"Cjk": "Han", "Ideographic": "Han", "Hiragana": "Kana", "Katakana": "Kana", "Katakana-Hiragana": "Kana"}
_NO_LANGUAGE = frozenset({"und", "mul", "zxx", "mis", "unk", "nan", "nil"})


class TrainingTexts(StrictModel):
    """What the texts that a model learned from were like, for telling others from them.

    ``scripts``: those of at least one letter in a hundred. ``common_words``: the most common ones, in lower case, and
    ``common_share`` of all words are they; none where there were too few words to tell.
    """

    scripts: tuple[str, ...] = ()
    common_words: tuple[str, ...] = ()
    common_share: float = 0.0

    @classmethod
    def of(cls, texts: Iterable[str]) -> TrainingTexts:
        """Count the letters and words of texts."""
        letters: Counter[str] = Counter()
        counts: Counter[str] = Counter()
        for text in texts:
            letters += letters_by_script(text)
            counts.update(_words(text))
        scripts = tuple(s for s, n in letters.most_common() if n >= _LEAST_SHARE_LEARNED * letters.total())
        common = sorted(counts, key=lambda word: (-counts[word], word))[:N_COMMON]
        share = sum(counts[word] for word in common) / max(1, counts.total())
        if counts.total() < _LEAST_WORDS or share < _LEAST_COMMON_SHARE:
            return cls(scripts=scripts)
        return cls(scripts=scripts, common_words=tuple(common), common_share=round(share, 4))


def reading_warnings(
    article: Article,
    encoded: EncodedText,
    *,
    learned: TrainingTexts,
    languages: Sequence[str],
    unknown_id: int | None,
) -> Iterator[str]:
    """Why a model may be unable to read an article, a line for each reason.

    Args:
        encoded: the article's tokens.
        learned: what the model learned from; empty of models that do not say it.
        languages: of the model, as ``language_code`` writes them; none: not known.
        unknown_id: the id of the tokenizer's unknown token.
    """
    from scipy.special import bdtr

    text, letters = article.text, letters_by_script(article.text)
    n_letters = letters.total()
    stated = language_code(article.language or "")
    if stated and languages and stated not in languages:
        listed = f"s are {', '.join(languages)}" if len(languages) > 1 else f" is {languages[0]}"
        own = one_line(article.language or "")
        yield f"{WarningCode.LANGUAGE}: its language is {own}, the model's language{listed}"
    read = {*learned.scripts, *(script for language in languages for script in scripts_of(language))}
    foreign = [script for script in letters if script not in read] if read else _spelled_out(text, letters, encoded)
    n_foreign = sum(letters[script] for script in foreign)
    is_foreign = n_foreign >= LEAST_SCRIPT * n_letters
    if is_foreign and n_foreign >= LEAST_LETTERS:
        most = " and ".join(sorted(foreign, key=lambda script: -letters[script])[:2])
        why = f"reads {' and '.join(sorted(read))}" if read else "reads them one by one"
        if learned.scripts:
            why = f"learned from {' and '.join(learned.scripts)}"
        yield f"{WarningCode.SCRIPT}: {n_foreign / n_letters:.0%} of its letters are {most}, and the model {why}"
    n_unknown = _unknown_letters(text, encoded, unknown_id)
    if n_unknown >= max(LEAST_LETTERS, LEAST_UNKNOWN * n_letters):
        share = f"{n_unknown / n_letters:.0%}"
        yield f"{WarningCode.TOKENS}: {share} of its letters are in tokens that the model does not know"
    if is_foreign or (stated and stated in languages) or not learned.common_words:
        return
    found = [word for word in _words(text) if not read or _script(word[0]) in read]
    common = frozenset(learned.common_words)
    n_common = sum(word in common for word in found)
    # less than a third of what is to be expected, and improbable if words were drawn one by one
    is_rare = 3 * n_common < learned.common_share * len(found)
    if is_rare and bdtr(n_common, len(found), learned.common_share) < MOST_IMPROBABLE:
        yield (
            f"{WarningCode.WORDS}: {n_common} of its {len(found):,} words are among the {len(common)} "
            f"most common ones of the texts that the model learned from, of which they are {learned.common_share:.0%}; "
            "it may be in another language"
        )


def language_code(stated: str) -> str | None:
    """The code of a language as people state it, or None where they state none that we know.

    >>> [language_code(stated) for stated in ("en", "en-GB", "eng", "English", "pt_BR", "unknown", "und", "")]
    ['en', 'en', 'en', 'en', 'pt', None, None, None]
    """
    first = re.split(r"[\W\d_]", stated.strip().lower())[0]
    if first in _languages():
        return _languages()[first][0]
    return first if re.fullmatch("[a-z]{2,3}", first) and first not in _NO_LANGUAGE else None


def language_codes(stated: Iterable[str]) -> tuple[str, ...]:
    """The code of each language that is stated, once, in their order."""
    return tuple(dict.fromkeys(code for item in stated if (code := language_code(item))))


def stated_languages(articles: Sequence[Article]) -> tuple[str, ...]:
    """The codes of the languages that at least one article in a hundred states, sorted."""
    codes = Counter(language_code(article.language or "") for article in articles)
    return tuple(sorted(code for code, n in codes.items() if code and n >= _LEAST_SHARE_LEARNED * len(articles)))


def scripts_of(language: str) -> tuple[str, ...]:
    """The scripts that a language, given by its code, is written in; none where we do not know it."""
    return _languages().get(language, ("", ()))[1]


def letters_by_script(text: str) -> Counter[str]:
    """How many letters of each script stand in a text; letters of a fullwidth or mathematical form are what they mean.

    >>> letters_by_script("Ｄarna, дом (٣)")
    Counter({'Latin': 5, 'Cyrillic': 3})
    """
    found: Counter[str] = Counter()
    for character, n in Counter(text).items():
        found[_script(character)] += n
    del found[""]
    return found


@cache
def _script(character: str) -> str:
    """The script of a letter, else nothing."""
    if not character.isalpha():
        return ""
    plain = unicodedata.normalize("NFKC", character)[0]
    first = unicodedata.name(plain, "").partition(" ")[0].title()
    return "" if first == "Modifier" else _SCRIPTS.get(first, first)


@cache
def _languages() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Every code and name -> our code, scripts."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for line in files(__package__).joinpath("languages.txt").read_text("utf-8").splitlines()[1:]:
        names = [name for name in line.split() if name.islower()]
        scripts = tuple(name for name in line.split() if not name.islower()) or ("Latin",)
        found |= dict.fromkeys(names, (names[0], scripts))
    return found


def _words(text: str) -> list[str]:
    """The words that are letters alone, in lower case."""
    return [word.lower() for start, end in words(text) if (word := text[start:end]).isalpha()]


def _spelled_out(text: str, letters: Counter[str], encoded: EncodedText) -> list[str]:
    """The scripts, Latin apart, whose letters are tokens of their own; asked where a model does not say its scripts."""
    n_tokens = Counter(_script(text[start]) for start, end in encoded.offsets if start < end)
    return [
        script
        for script, n in letters.items()
        if script != "Latin" and n < (0.9 if script in _SYLLABLES else _SPELLED_OUT) * n_tokens[script]
    ]


def _unknown_letters(text: str, encoded: EncodedText, unknown_id: int | None) -> int:
    """Letters in unknown tokens, or read byte by byte: several tokens for one letter."""
    unknown: set[int] = set()
    before = -1
    for token, (start, end) in zip(encoded.input_ids, encoded.offsets, strict=True):
        if token == unknown_id:
            unknown.update(range(start, end))
        elif end - start == 1:
            if start == before:
                unknown.add(start)
            before = start
    return sum(text[i].isalpha() for i in unknown)
