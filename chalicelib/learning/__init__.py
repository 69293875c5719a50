"""What can be learnt from corrections, and whether it helps: lessons, word errors, the gate. Pure."""
