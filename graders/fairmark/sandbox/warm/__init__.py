"""Warm start: a worker imports the framework once and forks for every run.

supervisor ──order──▶ worker ──fork──▶ warden ──fork──▶ init ──fork──▶ the run
     ╰────────────── leash: "ready", "ended"; closing it ends all ──────╯

The worker knows nothing worth stealing: it reads no job, no notebook and no course, only where a run's folder is and
what it may read. It never starts a thread or the framework's runtime, so that a fork of it is a whole process.
"""
