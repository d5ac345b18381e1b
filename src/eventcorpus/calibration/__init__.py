"""Calibrated confidences: applying them, fitting them, measuring calibration error."""
