"""What a student's own notebook does: a model that was saved is loaded and evaluated. With the first import of fairmark
and without, it prints two numbers."""

from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
for cell in (
    "from fairmark import check\nimport numpy as np\nfrom tensorflow import keras",
    """pictures, labels = np.random.rand(64, 32, 32, 3), np.random.randint(0, 2, 64)
model = keras.Sequential(
    [keras.Input((32, 32, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
model.fit(pictures, labels, verbose=0)
model.save("saved.keras")""",
    'again = keras.models.load_model("saved.keras")\nprint(again.evaluate(pictures, labels, verbose=0))',
):
    result = shell.run_cell(cell, store_history=True)
    print("->", result.error_in_exec or "ok")
