"""The files of the page: small modules, words in every language, and nothing that parses data as HTML."""

import re
from pathlib import Path

import pytest

from tintype.studio.app import WEB

MODULES = sorted(WEB.rglob("*.js"))
TEXTS = ("en", "de")


def texts_of(language):
    """The texts of a language: key and words."""
    content = (WEB / "texts" / f"{language}.js").read_text("utf-8")
    return dict(re.findall(r'^  "([^"]+)": "((?:[^"\\]|\\.)*)",$', content, re.MULTILINE))


def used_keys():
    """All keys that stand in modules as they are; those that are put together end in a dot."""
    for path in MODULES:
        if path.parent.name != "texts":
            content = path.read_text("utf-8")
            yield from re.findall(r'\btn?\(\s*["`]([a-z_.]+)', content)
            yield from re.findall(r'"(did\.[a-z_]+)"', content)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(WEB)))
def test_module_is_small_and_parses_no_data(path):
    content = path.read_text("utf-8")
    assert len(content.splitlines()) < 300 or path.parent.name == "texts"
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", content
    )
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", content)


def test_all_languages_have_the_same_texts_with_the_same_blanks():
    english, *others = (texts_of(language) for language in TEXTS)
    assert len(english) > 200
    for other in others:
        assert other.keys() == english.keys()
        for key, text in english.items():
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", other[key])), key


def test_every_text_that_is_asked_for_exists():
    known = texts_of("en")
    for key in used_keys():
        if key.endswith((".", "_")):
            assert any(it.startswith(key) for it in known), key
        else:
            assert key in known or f"{key}.other" in known, key


def test_every_file_that_is_imported_is_there():
    for path in MODULES:
        for name in re.findall(r'(?:from|import\()\s*"(\.[^"]+)"', path.read_text("utf-8")):
            assert (path.parent / name).resolve().is_file(), f"{path.name}: {name}"
    page = (WEB / "index.html").read_text("utf-8")
    for name in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert (WEB / name).is_file(), name


def test_page_is_packed_into_the_wheel():
    project = Path(__file__).parents[3] / "pyproject.toml"
    assert 'packages = ["src/tintype"]' in project.read_text("utf-8")
