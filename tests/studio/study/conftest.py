"""Studies that tests share."""

import pytest

from study_samples import served, write_study


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def study_file(tmp_path):
    return write_study(tmp_path)


@pytest.fixture
def server(study_file, cache):
    with served(study_file, cache) as found:
        yield found
