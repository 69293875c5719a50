"""What `python -m local serve` answers with, a file for each beginning of a path: a door takes a request and returns
its response.
"""
