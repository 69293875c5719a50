"""What an owner gets when an asset is finished: the report, as a page and by mail."""
