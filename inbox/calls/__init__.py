"""Calls: what the legs of one call come to."""
