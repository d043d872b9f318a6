"""From a scanner's output to letters with words, quality and fields. Importing does nothing but define names."""
