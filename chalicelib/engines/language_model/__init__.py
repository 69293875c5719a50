"""Engines of the seam `LANGUAGE_MODEL_TRAINING` in `chalicelib/seams/training.py`."""
