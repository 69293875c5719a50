"""Engines of the seam `chalicelib/seams/answering.py`."""
