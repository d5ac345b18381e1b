"""Label Studio: its configuration, tasks out, exports in, predictions in."""
