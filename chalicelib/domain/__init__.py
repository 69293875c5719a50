"""The values that the service is about, and the rules of an asset's life. Pure: imports nothing but errors."""
