"""What the gateway does, durably: Temporal workflows and activities. Temporal is known only here."""
