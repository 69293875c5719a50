"""Programs that `make lint` runs."""
