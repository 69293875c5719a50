"""Who gets a mail and when: reports, digests, what operators are told; what comes back. Each is sent once."""
