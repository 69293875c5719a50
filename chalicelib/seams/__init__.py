"""What an engine must do, a file a seam: the protocol that its engines keep to, and the job that they are given."""
