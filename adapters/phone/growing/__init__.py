"""Call logs that stay where they are and grow: only what comes after what is kept is taken."""
