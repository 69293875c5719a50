"""What was said, by whom, and its forms: transcripts, captions, corrections, documents. Pure."""
