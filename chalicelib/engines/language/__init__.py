"""Engines of the seam `chalicelib/seams/language.py`."""
