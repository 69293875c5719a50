"""Engines of the seam `chalicelib/seams/transcoding.py`."""
