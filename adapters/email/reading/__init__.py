"""The reading of a mail: raw bytes in, a Reading or an UnreadableError out.

`read.py` is the way in; `mbox.py` unfolds files into single mails. Everything else is one idea per file.

The bytes come from strangers, so every step is linear in its input and bounded by `limits.py`. That is why the MIME
structure and the header grammar are taken apart here, on byte offsets, and not by `email.parser` with `policy.default`.
Measured on 3.11, the standard parser
- needs 18 s and 800 MB for 50 MiB of empty lines,
- raises RecursionError on nested parts, and then the whole mail is lost,
- is quadratic in address lists: 1 s for 8,000 characters of comments,
- raises AttributeError on `Team: a@x.example, B <b@x.example>;`,
- turns raw 8-bit names into U+FFFD.
Where both can read a mail they must agree: the tests hold us against it. From the standard library come the codecs,
base64, quoted-printable and the Date field.
"""
