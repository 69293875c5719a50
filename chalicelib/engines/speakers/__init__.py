"""Engines of the seam `chalicelib/seams/speakers.py`."""
