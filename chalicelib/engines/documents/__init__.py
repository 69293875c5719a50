"""Who reads documents on AWS."""
