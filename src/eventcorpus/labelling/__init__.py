"""Label Studio: configuration, tasks out, exports in, and an inline notation for annotated text."""
