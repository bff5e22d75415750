"""How a number is written where data is text: in the fields of a spec, and in the cells of a file."""

import re

NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
"""Regular expression of a number, for Python and for Arrow: decimal digits, optional sign, point and exponent."""

DECIMAL = re.compile(NUMBER)
