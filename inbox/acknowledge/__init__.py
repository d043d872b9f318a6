"""Acknowledge: whether, and in which words."""
