"""`make smoke`: a visit to a deployed stage, as a user of it comes.

visit (what is done, in its order) → visitor (what a browser does), operator (what whoever deployed may look up)
→ checks and media (whether a result is right) and advice (what an operator can do): both pure
"""
