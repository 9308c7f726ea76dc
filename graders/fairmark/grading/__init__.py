"""One submission, from its file to its report: `pipeline` reads as the page of its steps, `judge` says what it earns.

A submission is run once as it was handed in. If an exercise lost marks that others go on from, further runs put the
reference's answer in its place (`error_carried_forward`). A training is ended once it is settled what it earns
(`early_stopping`).
"""
