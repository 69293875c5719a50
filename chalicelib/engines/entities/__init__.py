"""Engines of the seam `chalicelib/seams/entities.py`."""
