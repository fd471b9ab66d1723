"""Studios that tests share."""

import pytest

from studio_samples import using
from tiny_model import write_tiny_model


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny.onnx"
    write_tiny_model(path)
    return path


@pytest.fixture
def person(tmp_path, tiny):
    with using(tmp_path / "data", tiny) as found:
        yield found


@pytest.fixture
def photo(person):
    return person.add()
