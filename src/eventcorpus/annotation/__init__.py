"""What every reader of annotations shares: documents, placement, rules, overlaps, migration, merging, label maps."""
