"""The REST API: what programs ask of the service. `routes` is the Blueprint that `app.py` registers.

Every route checks whose token it is asked with; what is somebody else's does not exist for the asker.
"""

from chalicelib.api.routes import routes

__all__ = ["routes"]
