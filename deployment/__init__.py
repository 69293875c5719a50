"""Puts the service into an AWS account, and takes it out again: `python -m deployment deploy|destroy|costs`.

checks → stacks (cloudformation/) → project (a copy with this stage's settings and policies) → `chalice deploy`.
"""
