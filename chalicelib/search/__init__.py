"""Search by words: what is looked for, the words of one recording, and the index of an account. Pure."""
