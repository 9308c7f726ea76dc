"""The evidence as checks see it: ``RunView`` and what it gives."""
