"""What the gateway remembers: the ledger (PostgreSQL or SQLite) and the raw bytes."""
