"""What talks to the outside beside AWS' own clients: other people's web addresses, Cognito's keys, and at what pace."""
