"""Gold articles and predictions in a few characters, for the tests of this folder."""

from collections.abc import Sequence

from eventcorpus.predictions import ModelName, PredictedMention, PredictedRole, Prediction
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span

Given = tuple[int, int, str]
TEXT = "abcdefghij" * 10


def gold(
    *spans: Given, id_: str = "x", text: str = TEXT, roles: Sequence[tuple[str, str, str]] = ()
) -> AnnotatedArticle:
    """An annotated article; the span n has the id ``n`` (from 0). Roles: (role, trigger, argument)."""
    return AnnotatedArticle(
        Article(id_, text),
        tuple(Span(str(i), *span) for i, span in enumerate(spans)),
        tuple(dict.fromkeys(label for _, _, label in spans)),
        roles=tuple(Role(*role) for role in roles),
    )


def predicted(
    *spans: Given,
    id_: str = "x",
    text: str = TEXT,
    roles: Sequence[tuple[str, str, str]] | None = None,
    attributes: Sequence[dict[str, str] | None] = (),
) -> Prediction:
    """A prediction, with ids and roles as in ``gold``."""
    said = [*attributes, *[None] * (len(spans) - len(attributes))]
    return Prediction(
        model=ModelName(name="m"),
        id=id_,
        text_sha256=Article(id_, text).text_sha256,
        mentions=tuple(
            PredictedMention(start=s, end=e, label=label, text=text[s:e], id=str(i), attributes=said[i])
            for i, (s, e, label) in enumerate(spans)
        ),
        roles=None if roles is None else tuple(PredictedRole(role=r, trigger=t, argument=a) for r, t, a in roles),
    )
