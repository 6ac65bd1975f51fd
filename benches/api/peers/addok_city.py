"""addok for a Ukrainian city: the house number stands after the street, with a letter and a block.

addok asks for such functions to be written for a country ("Make your own for your specific needs"); those for France would
find nothing here. Its own processors transliterate, split, weigh and compare as they do everywhere.
"""

import re

NUMBER = re.compile(r"\d+[a-z]{0,2}$")
BLOCK = {"korpus", "korp", "k", "blok", "bl"}


def flag_housenumber(tokens):
    """The last number of a text is a house's, with a letter and a block after it."""
    tokens = list(tokens)
    numbers = [at for at, token in enumerate(tokens) if NUMBER.match(token)]
    if numbers:
        begin = numbers[-1]
        # the number of a block: the house's stands before it
        if begin and tokens[begin - 1] in BLOCK and len(numbers) > 1:
            begin = numbers[-2]
        for at, token in enumerate(tokens[begin:]):
            if at and not (len(token) == 1 or token in BLOCK or NUMBER.match(token)):
                break
            token.kind = "housenumber"
    yield from tokens


def make_labels(helper, result):
    """What a query is compared with: any name of the street, the house's number after it, with and without the city."""
    if not result.labels:
        number = f" {result.housenumber}" if result.housenumber else ""
        labels = [f"{name}{number}" for name in result._rawattr("name")]
        result.labels = labels + [f"{label} {result.city}" for label in labels if result.city]
