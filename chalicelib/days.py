"""The calendar that the service itself goes by."""

import time
from datetime import UTC, date, datetime


def today() -> date:
    """The day that it is in UTC."""
    return datetime.fromtimestamp(time.time(), UTC).date()
