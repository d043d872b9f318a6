"""Whom the gateway talks to: email, post, phone, departments. Channels never import each other."""
