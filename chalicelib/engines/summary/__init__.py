"""Engines of the seam `chalicelib/seams/summary.py`."""
