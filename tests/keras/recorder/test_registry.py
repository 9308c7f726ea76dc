"""Names for the notebook's objects, whatever these say of themselves."""

from __future__ import annotations

import gc

from fairmark.keras.recorder.registry import Registry


class Thing:
    """Equal to everything, and not to be hashed."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True


def test_each_object_has_one_name_in_the_order_of_asking() -> None:
    registry, first, second = Registry("model"), Thing(), Thing()
    assert [registry.name(first), registry.name(second), registry.name(first)] == ["model-1", "model-2", "model-1"]


def test_an_object_nobody_asked_about_has_no_name() -> None:
    registry, known = Registry("model"), Thing()
    registry.name(known)
    assert registry.find(Thing()) is None
    assert registry.find(known) == "model-1"


def test_a_name_is_not_given_again_when_its_object_is_gone() -> None:
    registry = Registry("model")
    names = []
    for _ in range(20):  # the same place in memory is used again sooner or later
        thing = Thing()
        names.append(registry.name(thing))
        del thing
        gc.collect(0)
    assert len(set(names)) == 20


def test_an_object_is_not_kept_alive_by_its_name() -> None:
    registry, freed = Registry("pictures"), []

    class Told:
        def __del__(self) -> None:
            freed.append(True)

    thing = Told()
    registry.name(thing)
    del thing
    gc.collect()
    assert freed
