"""Norms: calendars and promises."""
