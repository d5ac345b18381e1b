"""Articles and datasets on disk: reading, converting, writing."""
