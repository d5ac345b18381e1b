"""Readers and writers of annotations, one module a format."""
