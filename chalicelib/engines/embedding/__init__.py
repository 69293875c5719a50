"""Engines of the seam `chalicelib/seams/embedding.py`."""
