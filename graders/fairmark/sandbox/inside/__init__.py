"""The part that runs INSIDE the sandbox, in the student's own process.

Nothing here is trusted by anything outside: a notebook can rewrite all of it. It exists to write down, in good faith,
what an honest notebook does; what a dishonest one claims is found out by the witnesses outside (see ``judge``).
"""
