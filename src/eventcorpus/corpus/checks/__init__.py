"""What can be wrong with an annotated corpus, a module a family of checks; each yields findings."""
