"""The page of the documentation about the interface says what the program says."""

from pathlib import Path

from tintype.studio.reference import SEPARATOR, create_reference, describe_interface

PAGE = Path(__file__).parents[2] / "docs" / "studio-api.md"


def test_page_is_what_the_program_says(tiny):
    head, _, _ = PAGE.read_text("utf-8").partition(SEPARATOR)
    assert PAGE.read_text("utf-8") == create_reference(head, tiny), (
        "run: python -m tintype.studio.reference docs/studio-api.md"
    )


def test_page_names_every_operation_and_value(tiny):
    description, parts = describe_interface(tiny)
    text = PAGE.read_text("utf-8")
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            assert f"`{method.upper()} {path.removeprefix('/api/v1')}`" in text
            assert operation["operationId"] in parts
    for name in set(description["components"]["schemas"]) - {"LiveMessage"}:
        assert f"### {name}\n" in text
