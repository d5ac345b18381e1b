"""A corpus folder: figures, splits, near-duplicates, checks."""
