"""Tells an owner's own program that an asset is finished."""
