"""The base class of every pydantic model whose data comes from a file or goes into one."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """A model that takes no unknown keys and cannot be changed. ``files.parse_as`` makes one of data."""

    model_config = ConfigDict(extra="forbid", frozen=True)
