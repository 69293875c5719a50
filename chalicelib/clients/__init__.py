"""What talks to the outside: AWS's own clients, other people's web addresses, Cognito's keys; and at what pace."""
