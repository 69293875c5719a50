"""What tests stand on: the service with its embedded AWS, fake engines, events, material."""
