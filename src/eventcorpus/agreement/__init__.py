"""Inter-annotator agreement, disagreements, adjudication, corrections."""
