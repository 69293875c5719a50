"""Engines of the seam `chalicelib/seams/transcription.py`."""
