"""What each figure of a report means, in words that go into the report itself."""

DEFINITIONS = {
    "exact": "a mention is right if article, start, end and label are those of a gold mention, one to one",
    "boundary": "a mention is right if article, start and end are those of a gold mention, one to one, whatever the "
    "label; it counts in the row of the gold mention's label, one without a match in that of its own",
    "type": "mentions are paired by place, one to one, whatever the label: equal ones, then those with the same ends, "
    "then those that share a character, as many pairs as possible, of one label where there is a choice; right if "
    "both labels of a pair are the same",
    "overlap": "a mention is right if it shares a character with a gold mention of its article and label, one to one, "
    "as many matches as possible; with a threshold, if the share of common characters among those of either "
    "(Jaccard) is at least that",
    "macro": "mean over the labels that have gold or predicted mentions",
    "undefined": "null: neither gold nor predicted mentions; precision without predictions and recall "
    "without gold are 0 if the other side has any",
    "confusion": "pairs by place as for type: rows gold, columns predicted, the last column missed, the last row "
    "spurious; of the pieces of a split mention one is its match, of merged mentions one is matched",
    "boundary_errors": "mentions of the right label whose ends differ: only the start, only the end, or both; and the "
    "same mentions as too short (within the gold mention), too long (around it) or shifted (neither); apart from "
    "them split (gold mentions of which two or more predicted ones of their label are pieces) and merged (predicted "
    "mentions of which two or more gold ones are pieces)",
}
