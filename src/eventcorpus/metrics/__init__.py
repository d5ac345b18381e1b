"""Matching spans, agreement coefficients, resampling, paired tests; needs the schema only."""
