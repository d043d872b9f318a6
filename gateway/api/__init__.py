"""The REST API: it answers from the ledger alone, also while Temporal and all workers are away."""
