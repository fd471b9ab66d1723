"""The page of the documentation about the interface says what the program says."""

import re
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


def test_links_of_the_page_lead_somewhere():
    text = PAGE.read_text("utf-8")
    links = re.findall(r"\[[^][]+\]\(([^()\s]+)\)", text)
    assert len(links) == text.count("](") > 50
    headings = {heading.lower() for heading in re.findall(r"^#+ (\w+)$", text, re.MULTILINE)}
    for link in links:
        page, _, anchor = link.partition("#")
        assert anchor in headings if not page else (PAGE.parent / page).is_file(), link
    for line in text.partition(SEPARATOR)[2].splitlines():
        assert line.count("(") == line.count(")"), line


def test_types_are_those_of_the_values(tiny):
    description, _ = describe_interface(tiny)
    text = PAGE.read_text("utf-8")
    for name, schema in description["components"]["schemas"].items():
        section = text.partition(f"### {name}\n")[2].partition("\n### ")[0]
        for key, field in schema.get("properties", {}).items():
            if field.get("type") in ("boolean", "string") and not {"const", "enum"} & set(field):
                assert f"- `{key}` ({field['type']}" in section
    for line in (
        "- `mark` (boolean; `true`): Say in the file",
        "- `mark` (string): Its id.",
        "- `mark` (a mark of a [hints file](guidance.md))\n",
        "- `palette` (a palette of a [hints file](guidance.md)): Colors",
        "- `palette` (a palette of a [hints file](guidance.md) or null; may be left out)\n",
    ):
        assert line in text
