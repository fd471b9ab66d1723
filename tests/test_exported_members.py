"""The public names are declared once; this test guards the declaration."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tintype

SOURCE = Path(tintype.__file__)


def names_for_type_checkers():
    tree = ast.parse(SOURCE.read_text("utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    return {alias.asname: node.module for node in block.body for alias in node.names}


def test_all_is_sorted_and_complete():
    assert tintype.__all__ == sorted(tintype.__all__)
    assert set(tintype.__all__) == {*names_for_type_checkers(), "__version__"}
    assert dir(tintype) == tintype.__all__


@pytest.mark.parametrize("name", tintype.__all__)
def test_exported_name_is_loaded(name):
    assert getattr(tintype, name) is not None


@pytest.mark.parametrize(("name", "module"), [*names_for_type_checkers().items()])
def test_exported_name_is_what_type_checkers_see(name, module):
    assert f"tintype.{tintype._HOMES[name]}" == module if name != "errors" else module == "tintype"


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="colour"):
        _ = tintype.colour


def test_version_is_that_of_the_package():
    from importlib.metadata import version

    assert tintype.__version__ == version("tintype")


def test_star_import_gives_all_names():
    code = "from tintype import *; import tintype; print(all(name in globals() for name in tintype.__all__))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "True"
