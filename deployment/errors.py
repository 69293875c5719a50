"""What stops a deployment."""


class DeploymentError(Exception):
    """A sentence or more for whoever deploys: what is wrong, and what to do."""
