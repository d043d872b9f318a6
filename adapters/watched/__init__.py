"""Folders into which others write, on disk or behind SFTP: what the channels share of them."""
