"""A live Label Studio server: push, pull, status, rank, preannotate."""
