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
    "events": "null without triggers in the ontology, and where a map of classes is used; triggers and arguments are "
    "sets in each article, as in TextEE (Huang et al. 2024): what is said twice counts once; a part is null where "
    "neither side has any of it",
    "trigger_identification": "a trigger is right if article, start and end are those of a gold trigger",
    "trigger_classification": "and its label as well",
    "argument_identification": "an argument is right if article, start, end and the label of its trigger are those of "
    "a gold argument; links that join triggers into events are not arguments; null where the system gives no roles "
    "in any article (an empty list is one)",
    "argument_classification": "and its role as well; rows are roles",
    "argument_attached": "and start and end of its trigger as well; rows are roles",
    "attributes": "accuracy: over the mentions that gold and prediction share exactly, the share that says the same, "
    "a value left open being its default; values: a value is right if a gold mention of the same article, start, end "
    "and label has it, over all mentions, so that a missed mention misses its values; free text has one row; without "
    "attributes in any prediction none is judged",
    "event_sets": "events are the sets of triggers that the ontology's event link joins, a trigger without one is its "
    "own; over all triggers, those that one side alone has too; null where the system gives no roles or the ontology "
    "has no such link",
    "b_cubed": "per trigger, the share of its predicted event that is in its gold event (precision), or of its gold "
    "event in its predicted one (recall), 0 for a trigger of one side alone; means over predicted and over gold "
    "triggers (Bagga and Baldwin 1998)",
    "ceaf_e": "events of both sides are paired one to one, by article, such that the sum of 2 |both| / (|gold| + "
    "|predicted|) is largest; that sum per predicted event (precision) and per gold event (recall) (Luo 2005, phi4)",
    "count_error": "mean over articles of the absolute difference between the numbers of gold and predicted events",
    "false_alarms": "predicted triggers per 100 articles in which gold has no trigger; null without such articles",
}

BESIDE = {
    "intervals": "percentile bootstrap over articles, articles of one cluster drawn together; null where the figure is "
    "undefined in more than a twentieth of the resamples; slices of fewer than 5 articles have none",
    "smallest_difference": "z(0.975) + z(0.8) = 2.80 standard deviations, over the resamples, of a difference of micro "
    "F1 between two systems; of several runs the deviation of the differences between two of them; of one run that "
    "of its own micro F1, which is right for two systems of like spread whose scores correlate by 0.5 over the "
    "resamples: systems that are more alike are told apart at less, and eventcorpus compare measures it",
    "slices": "exact match; gold and predicted mentions are put into slices by the same rule: kind, outlet, month, tag "
    "and length (in words; punctuation marks are words) of their article; position: the number of the word at which "
    "the mention starts; seen: whether its string, without regard to case, is marked in the train split with this "
    "label, with another one only, or not at all",
    "calibration": "right is exact; 10 bins of equal width; of a mention predicted more often than it is in gold the "
    "surest are right; curves: precision, recall of all gold and share of predictions kept at each least confidence; "
    "average precision: over what was predicted, whatever was missed; mentions of several runs are pooled",
    "agreement": "exact F1 between two annotators who worked alone, counts of all pairs added up, decided rows left "
    "out",
    "seeds": "with several runs every figure is the mean over runs, its interval that of the mean when articles are "
    "resampled for all runs at once; counts are means rounded to whole numbers; the spread between seeds is "
    "in seeds.deviation, not in the intervals",
}
"""What stands beside the scores: intervals, slices, calibration, agreement, several runs."""
