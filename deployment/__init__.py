"""Puts the service into an AWS account, looks after it there, and takes it out again: `python -m deployment --help`.

checks → stacks (cloudformation/) → project (a copy with this stage's settings and policies) → `chalice deploy` → after
"""
