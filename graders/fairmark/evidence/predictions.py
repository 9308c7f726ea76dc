"""What a model was asked beside its training, and the picture files that were opened for it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from fairmark.evidence.schema import CROSSES_THE_WALL

__all__ = ["ModelEvaluated", "ModelPredicted", "PictureLoaded"]


class ModelEvaluated(BaseModel):
    model_config = CROSSES_THE_WALL

    kind: Literal["model_evaluated"] = "model_evaluated"
    model: str
    cell: int
    pictures: str | None
    results: list[float]


class PictureLoaded(BaseModel):
    """``target_size`` is None where the picture was not resized while loading."""

    model_config = CROSSES_THE_WALL

    kind: Literal["picture_loaded"] = "picture_loaded"
    cell: int
    path: str
    made_by: str
    target_size: tuple[int, int] | None = None


class ModelPredicted(BaseModel):
    """``outputs`` holds at most the first 16 rows; minimum, maximum and mean are those of the whole input."""

    model_config = CROSSES_THE_WALL

    kind: Literal["model_predicted"] = "model_predicted"
    model: str
    cell: int
    pictures: str | None
    input_shape: list[int]
    minimum: float
    maximum: float
    mean: float
    outputs: list[list[float]]
