"""E-mail: IMAP mailboxes in, SMTP out, and the reading of a mail."""
