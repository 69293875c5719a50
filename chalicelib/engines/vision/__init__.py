"""Engines of the seam `chalicelib/seams/vision.py`."""
