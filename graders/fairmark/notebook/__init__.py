"""Notebooks as data: read, put in order against their master, searched for calls. Nothing here runs a cell."""
