"""The embedded AWS (moto), made to behave as AWS does: events, queues, storage, accounts; and written down."""
