"""Every operation of the API, by name: importing this makes the list complete."""

import chalicelib.api.account_operations
import chalicelib.api.admin_operations
import chalicelib.api.asset_operations
import chalicelib.api.mail_operations
import chalicelib.api.reading_operations
import chalicelib.api.sharing_operations
import chalicelib.api.voices_operations  # noqa: F401 - each enters its own
from chalicelib.api.operation import OPERATIONS

__all__ = ["OPERATIONS"]
