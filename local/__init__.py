"""Rapporteur on one machine: embedded AWS, real local engines, command line. Never deployed."""
