"""What is done to a whole account: a copy of all its data, its end. It goes through a queue."""
