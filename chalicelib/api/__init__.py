"""The REST API: what programs and pages ask of the service. A file has the operations of one subject.

Every operation checks whose token it is asked with; what is somebody else's does not exist for the asker.
"""
