"""What is to be seen: what engines find in pictures, as rows, and the cues and tracks that are made of these. Pure."""
