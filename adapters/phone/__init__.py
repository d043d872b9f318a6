"""Phone: call records. The adapter comes with the phone channel; the room is here."""
