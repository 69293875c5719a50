"""Rapporteur: what happens to a recording between its upload and its report."""
