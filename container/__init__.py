"""The job that runs on a GPU: a program of its own, which knows nothing of the service but its formats."""
