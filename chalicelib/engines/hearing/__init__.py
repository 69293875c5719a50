"""Engines that teach what hears."""
