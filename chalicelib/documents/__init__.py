"""What is written on pages: what engines read, as Textract's blocks, and the text, tables and pairs in it. Pure."""
