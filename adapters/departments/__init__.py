"""Department systems: one file per kind of destination."""
