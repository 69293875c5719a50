"""The tables and the buckets: each change is one conditional write."""
