"""Where scanned post comes from: a folder on disk, or one behind SFTP."""
