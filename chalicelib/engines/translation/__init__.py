"""Engines of the seam `chalicelib/seams/translation.py`."""
