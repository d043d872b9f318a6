"""`gateway demo`: a whole municipality on embedded servers, from mail to department, before one's eyes."""
