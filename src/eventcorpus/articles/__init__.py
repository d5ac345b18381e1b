"""Articles from other people's files: JSON, tables, pages, plain text, and folders of these."""
