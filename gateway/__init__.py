"""How people reach the gateway: REST API, command line, settings, and the one place where it is wired together."""
