"""Department systems: `mailbox`, `webhook` and `folder`, and the list of them in `registry`."""
