"""A studio that is served, and a person at its page."""

import pytest

from studio_samples import jpeg, serving
from web_samples import browsing


@pytest.fixture
def served(tmp_path, tiny):
    with serving(tmp_path / "data", tiny) as found:
        yield found


@pytest.fixture
def photo(served):
    with served.person() as person:
        yield person.add(jpeg())


@pytest.fixture
def person(served):
    with served.person() as found:
        yield found


@pytest.fixture
def open_page():
    with browsing() as found:
        yield found


@pytest.fixture
def visitor(served, photo, open_page):
    found = open_page(served.place)
    found.settle()
    return found
