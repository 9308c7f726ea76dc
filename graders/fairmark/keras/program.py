"""What Keras has run in the sandbox."""

from __future__ import annotations

from fairmark.sandbox.program import Program

__all__ = ["KERAS"]

KERAS = Program(
    package="fairmark.keras.recorder",
    notebook="fairmark.keras.recorder.session:run_notebook",
    probe="fairmark.keras.recorder.predict:run_probe",
    imports=(
        "matplotlib.backends.backend_agg",
        "matplotlib.pyplot",
        "scipy.ndimage",  # Keras's augmentation
    ),
    environment=(
        ("KERAS_BACKEND", "tensorflow"),
        ("TF_CPP_MIN_LOG_LEVEL", "3"),  # the C++ side's greetings are not the notebook's output
    ),
    folders=(("KERAS_HOME", ".keras"),),
)
