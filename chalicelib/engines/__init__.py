"""Engines: outside services and programs that do the heavy work, each one file behind its seam."""
