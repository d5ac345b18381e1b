"""The dataset folder: rows, Parquet files, card, splits, conversion."""
