"""A flow that goes by other settings for a while is noticed, and one that is only drawn from is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from fairmark.keras.recorder.flows import Flows


@pytest.fixture
def flow() -> Any:  # noqa: ANN401 - Keras has no types
    images = np.zeros((6, 4, 4, 3), "float32")
    generator = keras.src.legacy.preprocessing.image.ImageDataGenerator(rescale=0.5)
    return generator.flow(images, np.zeros(6), batch_size=2)


def test_a_flow_that_is_drawn_from_stays_as_it_is(flow: Any) -> None:  # noqa: ANN401
    flows = Flows()
    flows.begin(flow, None)
    for _ in range(7):
        flows.drawn(flow, next(flow))
    flow.reset()
    flow.on_epoch_end()
    flows.drawn(flow, flow[0])
    flows.look_at_all()
    assert not flows.have_moved(flow)


@pytest.mark.parametrize(
    "change",
    [
        lambda flow: setattr(flow.image_data_generator, "rescale", 0.25),
        lambda flow: setattr(flow, "batch_size", 1),
        lambda flow: setattr(flow, "x", np.ones((6, 4, 4, 3), "float32")),
        lambda flow: setattr(flow, "seed", 1),
    ],
)
def test_what_is_changed_and_put_back_is_noticed_where_it_is_used(flow: Any, change: Callable[[Any], None]) -> None:  # noqa: ANN401
    flows, before, generator = Flows(), dict(vars(flow)), dict(vars(flow.image_data_generator))
    flows.begin(flow)
    change(flow)
    flows.look(flow)
    vars(flow).update(before)
    vars(flow.image_data_generator).update(generator)
    assert flows.have_moved(flow)
    flows.begin(flow)
    assert not flows.have_moved(flow)


def test_batches_of_another_form_are_noticed(flow: Any) -> None:  # noqa: ANN401
    flows = Flows()
    flows.begin(flow)
    flows.drawn(flow, (np.zeros((2, 4, 4, 3)), np.zeros(2)))
    flows.drawn(flow, (np.zeros((1, 4, 4, 3)), np.zeros(1)))
    assert not flows.have_moved(flow)
    flows.drawn(flow, (np.zeros((2, 5, 4, 3)), np.zeros(2)))
    assert flows.have_moved(flow)
