"""Comparing sets of spans: needs the schema and the ontology only."""
