"""Readers and writers of articles and annotations, one module a format."""
