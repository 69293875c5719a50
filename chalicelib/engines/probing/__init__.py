"""Engines of the seam `chalicelib/seams/probing.py`."""
