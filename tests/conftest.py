"""Settings for all tests; this file also puts its folder on the path, for what tests share."""

import os

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("OMP_NUM_THREADS", "2")  # torch collapses with more threads than free cores
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # without a network its retries cost 46 seconds

# Hypothesis gives an example 200 ms; on a busy machine that measures the machine, and fails tests now and then.
settings.register_profile("tintype", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tintype")

pytest.register_assert_rewrite("models_contract")


def pytest_collection_modifyitems(config, items):
    """Let the workers of xdist begin with the files that take long, so that none of them is left for the end."""
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)
