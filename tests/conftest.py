"""Settings for all tests; this file also puts its folder on the path, for what tests share."""

import os

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "2")  # torch collapses with more threads than free cores
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # without a network its retries cost 46 seconds

pytest.register_assert_rewrite("models_contract")
