"""Pages, charts, tables and Markdown."""
