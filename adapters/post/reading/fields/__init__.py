"""What a letter says of itself, with its evidence. Importing does nothing but define names.

Names of the fields:

- `sender_name`, `street`, `house_number`, `house_number_addition`, `po_box`, `postcode`, `city`: the sender's address;
  `signed_by`: who signs below the closing
- `addressee` and `addressee_kind` (`council`, `confidant`, `person`, `organisation`); `marked` (`persoonlijk`,
  `vertrouwelijk`)
- `written_on`, `stamped_on`, `posted_on`: ISO 8601 dates
- `subject`; `our_reference`, `their_reference`, `reference`, `case_number`, and `known_reference`: one that we gave out
- `email`, `phone` (E.164), `iban`, `kvk`: each may be there more than once
- `bsn`: a citizen service number stands there; its value is always empty
"""
