"""Label Studio's side of the service: the routes that it asks as an ML backend (``labelstudio.ml_protocol``).

The model stays as it is: nothing trains here.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from eventcorpus.errors import OntologyError
from eventcorpus.inference.extractor import Extractor
from eventcorpus.labelstudio.ml_protocol import prediction_for, project_controls, read_texts
from eventcorpus.labelstudio.results import PredictionItems
from eventcorpus.schema import Article
from eventcorpus.serving.batching import Batcher
from eventcorpus.serving.requests import AsciiResponse, Bodies, Limits, in_time
from eventcorpus.tables import counted

logger = logging.getLogger(__name__)

PREFIX = "/labelstudio"
WEBHOOK = f"{PREFIX}/webhook"
"""It does nothing, and Label Studio sends no login there."""


class LabelStudio:
    """The routes."""

    def __init__(self, extractor: Extractor, batcher: Batcher, bodies: Bodies, limits: Limits) -> None:
        self._model, self._ontology = extractor.name, extractor.about.ontology
        self._batcher, self._bodies, self._limits = batcher, bodies, limits

    def routes(self) -> Iterator[Route]:
        """What is answered, all below ``PREFIX``."""
        yield Route(PREFIX, self.health)
        yield Route(f"{PREFIX}/health", self.health)
        yield Route(f"{PREFIX}/setup", self.setup, methods=["POST"])
        yield Route(f"{PREFIX}/setup/refused/{{reason:path}}", self.refused)
        yield Route(f"{PREFIX}/predict", self.predict, methods=["POST"])
        yield Route(f"{PREFIX}/versions", self.versions)
        yield Route(WEBHOOK, self.webhook, methods=["POST"])

    async def health(self, request: Request) -> Response:
        """Whether there is a model."""
        return AsciiResponse({"status": "UP", "model_class": "eventcorpus", "model_version": self._model.version})

    async def versions(self, request: Request) -> Response:
        """The models that there are: one."""
        return AsciiResponse({"versions": [self._model.version]})

    async def setup(self, request: Request) -> Response:
        """Whether a project can show what the model finds."""
        async with self._bodies.json(request) as body:
            try:
                project_controls(body, "schema", ontology=self._ontology, model=self._model)
            except OntologyError as error:
                # Label Studio shows people the status and the address of a refusal, never its body: so they are led to
                # an address that tells it. 303 makes them ask with GET, without the owner's token in the body.
                logger.warning("%s/setup refused: %s", PREFIX, error)
                words = quote(str(error).replace(" ", "-").replace("/", "-"), safe="'(),;:.@-")
                return AsciiResponse({"detail": str(error)}, 303, {"Location": f"setup/refused/{words}"})
        return AsciiResponse({"model_version": self._model.version})

    async def refused(self, request: Request) -> Response:
        """The reason of a refusal, which its address holds."""
        return AsciiResponse({"detail": request.path_params["reason"].replace("-", " ")}, 400)

    async def predict(self, request: Request) -> Response:
        """Predictions for tasks, as regions of their texts."""
        self._batcher.check_room()
        async with self._bodies.json(request) as body:
            controls = project_controls(body, "label_config", ontology=self._ontology, model=self._model)
            tasks = read_texts(body, controls.text_key, max_characters=self._limits.max_characters)
            request.state.counts = f", {counted(len(tasks), 'task')}"
            articles = [Article("", task.stored.text) for task in tasks]
            readings = await in_time(request, self._batcher.read(articles), timeout=self._limits.timeout)
            predictions = [
                prediction_for(task, reading.mentions, controls=controls, model=self._model)
                for task, reading in zip(tasks, readings, strict=True)
            ]
        request.state.counts += f", {_what_is_in([items for items, _ in predictions])}"
        _warn_left_out(shown.left_out for _, shown in predictions)
        return AsciiResponse({"results": [items.as_json() for items, _ in predictions]})

    async def webhook(self, request: Request) -> Response:
        """Every annotation that somebody saves comes here."""
        async with self._bodies.held(request):
            return AsciiResponse({"detail": "nothing is done with it: this model stays as it is"})


def _what_is_in(predictions: Sequence[PredictionItems]) -> str:
    """What is in an answer, for the log."""
    kinds = ("mention", "role", "attribute")
    return ", ".join(counted(sum(getattr(items, f"n_{kind}s") for items in predictions), kind) for kind in kinds)


def _warn_left_out(counts: Iterable[Counter[str]]) -> None:
    """Say in the log, in one line a request, which roles and attributes have no control in the project."""
    total = sum(counts, start=Counter[str]())
    if total:
        reason, n = total.most_common(1)[0]
        others = f", and {total.total() - n} for {counted(len(total) - 1, 'other reason')}" if len(total) > 1 else ""
        logger.warning("%s/predict: left out of the answer: %s: %s%s", PREFIX, counted(n, "time"), reason, others)
