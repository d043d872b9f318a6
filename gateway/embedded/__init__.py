"""Servers that `gateway up` and the demo carry with them."""
