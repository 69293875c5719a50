"""Engines that keep collections of faces."""
