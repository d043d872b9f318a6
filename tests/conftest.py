"""Fixtures for all rooms."""

pytest_plugins = ("tests.servers.fixtures", "tests.running")
