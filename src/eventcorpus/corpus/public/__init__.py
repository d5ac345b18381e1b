"""Other people's corpora and formats, read into the same articles, spans and roles, with the same account."""
