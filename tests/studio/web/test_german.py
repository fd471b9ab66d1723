"""The page in German: also what the studio says in English, and what the model sees."""

import ast
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

import tintype
from studio_samples import jpeg, set_mark
from tintype.models.classes import class_list
from tintype.studio.api import failures
from tintype.studio.app import WEB
from web_samples import browsing

ENGLISH = re.compile(r"\b(the|is|of|not|and|can't|file|damaged|understood|disk|write|seen|marks?|it)\b", re.I)
MANY = [set_mark(f"m{i}", x=i % 400, y=i * i % 300, radius=1 + i % 7) for i in range(500)]
"""A change that takes several pages of the journal."""


def entries(name, pattern):
    return re.findall(pattern, (WEB / f"texts/{name}.js").read_text("utf-8"), re.MULTILINE)


THINGS = dict(entries("de_things", r'^  "(.+)": "(.+)",$'))
SENTENCES = entries("de_said", r'^  \["(.+?)", ["`](.+)["`]\],$')
KINDS = {name for name, _ in entries("de_said", r'^  (\w+): "(.+)",$')}


def spoken(path):
    """All texts in a module, with blanks where something is filled in."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(it.value if isinstance(it, ast.Constant) else "\0" for it in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.fixture(scope="module")
def everything_said():
    folder = Path(tintype.__file__).parent
    return "\n".join(text for path in folder.rglob("*.py") for text in spoken(path))


def test_every_class_has_a_name_of_its_own():
    assert set(class_list("imagenet-1k").names) <= THINGS.keys()
    assert len({name.lower() for name in THINGS.values()}) == len(THINGS)


@pytest.mark.parametrize("sentence", [it[0] for it in SENTENCES])
def test_sentence_is_one_that_is_said(everything_said, sentence):
    pieces = re.split(r"\{\w+\}|[:;()'] ?", sentence)
    assert [it for it in map(str.strip, pieces) if len(it.split()) > 1 and it not in everything_said] == []


@pytest.mark.parametrize(("sentence", "german"), SENTENCES)
def test_sentence_has_only_blanks_that_the_studio_fills(sentence, german):
    names = re.findall(r"\{(\w+)\}", sentence)
    assert len(set(names)) == len(names)
    assert set(re.findall(r"(?<!\$)\{(\w+)\}", german)) <= {*names}


def test_kinds_of_failure_are_those_that_are_answered():
    answered = {kind.__name__ for kind, _ in failures._STATUSES}
    assert answered - {"StudioError"} <= KINDS


@pytest.fixture
def german(served, photo):
    with browsing(allowed=["422", "507"]) as open_page:
        found = open_page(served.place, locale="de-DE")
        found.settle()
        yield found


def open_guide(visitor, name):
    visitor.page.get_by_role("tab", name="Vorgaben").click()
    return visitor.page.locator(f"[data-section={name}]")


def said(visitor, selector=".toast"):
    """The newest line that is said, in which nothing may be English."""
    line = visitor.see(selector).inner_text().strip()
    assert not ENGLISH.search(re.sub(r"„.*?“", "", line)), line
    return line


def test_what_is_seen_has_german_names_and_is_corrected_by_them(german, person, photo):
    seen = person.get(f"/photos/{photo}/classes").json()["classes"]
    section = open_guide(german, "seen")
    names = section.locator(".seen-name")
    expect(names).to_have_text([THINGS[it["name"]] for it in seen])
    german.until("document.querySelectorAll('datalist option').length > 1000")
    assert german.page.locator("datalist option[value=Pferd]").count() == 1
    section.locator(".seen").first.get_by_role("button").first.click()
    section.locator("input:visible").fill("pferd")
    with german.page.expect_request("**/correction") as asked:
        section.get_by_role("button", name="So färben").first.click()
    assert asked.value.post_data_json == {"seen": seen[0]["name"], "instead": "horse"}


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (jpeg()[:2000], "brief.jpg: Die Datei ist beschädigt oder unvollständig; besorge eine heile Kopie."),
        (
            b"Liebe Anna",
            "brief.jpg: Das ist kein Bild; nimm ein JPEG, PNG, TIFF oder ein anderes der Formate, die",
        ),
    ],
)
def test_broken_file_is_refused_in_german(german, content, line):
    german.drop(("brief.jpg", content))
    assert said(german, ".toast.error").startswith(line)


def test_words_that_are_not_understood_are_said_in_german(german):
    section = open_guide(german, "words")
    section.get_by_role("textbox").fill("blorf zzz")
    section.get_by_role("textbox").press("Enter")
    assert said(german).startswith(
        "Das wird nicht verstanden: 'blorf zzz'; schreib auf Englisch, was welche Farbe hat"
    )


def test_thing_that_is_not_there_is_said_in_german(german):
    section = open_guide(german, "words")
    section.get_by_role("textbox").fill("red coat")
    section.get_by_role("textbox").press("Enter")
    assert said(german).startswith("red coat: Das ist nicht zu sehen, es wurde nichts geändert")


def test_full_disk_is_said_in_german(german, served):
    connection = served.studio.journal._connection
    most = connection.execute("PRAGMA max_page_count").fetchone()[0]
    connection.execute("PRAGMA max_page_count = 1")  # as many as there are
    german.page.evaluate("operations => window.tintype.session.change(operations, 'did.spot')", MANY)
    assert "Das Studio kann nichts speichern (es ist kein Platz mehr); mach Platz" in said(
        german, ".toast.error"
    )
    connection.execute(f"PRAGMA max_page_count = {most}")


def test_failure_that_is_not_known_says_in_german_what_it_is(german):
    told = german.page.evaluate(
        "import('/core/texts.js').then(({ retell }) => retell('odd', 'WriteFailedError'))"
    )
    assert told == "Es lässt sich nicht schreiben: odd"


def test_steps_that_the_studio_made_have_german_names(german, person, photo):
    project = person.get(f"/photos/{photo}/project").json()
    project["decoding"] = {"rarity": 0.1, "temperature": 0.5}
    person.ask("PUT", f"/photos/{photo}/project", json=project)
    german.page.get_by_role("tab", name="Marken").click()
    expect(german.page.locator(".history .step").first).to_contain_text("Projekt geöffnet")
