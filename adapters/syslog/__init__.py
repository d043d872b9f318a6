"""How a SIEM hears what is in the audit trail: over syslog."""
