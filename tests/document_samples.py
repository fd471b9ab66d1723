"""Documents that are spoiled in one place."""

import json

from tintype.errors import GuidanceError


def places(value, path=()):
    """List the paths of all values of a document."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def is_accepted(parse, document):
    """Say whether a parser takes a document."""
    try:
        parse(json.dumps(document))
    except GuidanceError:
        return False
    return True
