"""Engines that find what was said to hurt."""
