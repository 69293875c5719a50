"""Measures the speed, memory, size and accuracy of the service: `python -m benchmarks`. Never deployed."""
