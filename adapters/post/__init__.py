"""Post: scans of letters. The adapter comes with the post channel; the room is here."""
