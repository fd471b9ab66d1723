import re

import pytest

from study_samples import PREFERENCE, STUDY, TEST
from tintype.errors import StudyFileError
from tintype.studio.study.definition import default_texts, read_definition


@pytest.fixture
def read(tmp_path):
    for folder in ("photographs", "colored/dull", "colored/vivid"):
        (tmp_path / folder).mkdir(parents=True)

    def read(text):
        path = tmp_path / "study.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_definition(path)

    return read


def test_study_is_read_with_its_defaults(read):
    study = read(STUDY + TEST + PREFERENCE)
    assert (study.name, study.contact, [*study.models]) == ("sample", "Jane Doe", ["dull", "vivid"])
    test, preference = study.parts
    assert (test.kind, test.trials, test.exposure_seconds, test.feedback) == ("real_or_colored", 8, 0.3, True)
    assert (preference.kind, preference.exposure_seconds, preference.feedback) == ("preference", 0, False)
    assert preference.question == default_texts()["question_preference"]
    assert test.with_photographs
    assert not preference.with_photographs
    assert study.photographs.is_dir()


def test_texts_are_overruled_by_name(read):
    study = read(STUDY + TEST + '[texts]\nthanks = "Danke"\n')
    assert study.texts["thanks"] == "Danke"
    assert study.texts["welcome"] == default_texts()["welcome"]


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ('name = "sample"\n', "", 1, "name"),
        ('name = "sample"', "name = 5", 1, "name"),
        ('name = "sample"', 'name = "a/b"', 1, "name"),
        ('contact = "Jane Doe"', "language = 'german'", 2, "language"),
        ('contact = "Jane Doe"', "contakt = 'x'", 2, "contakt"),
        ('contact = "Jane Doe"', "seed = true", 2, "seed"),
        ('contact = "Jane Doe"', "kiosk = 1", 2, "kiosk"),
        ('contact = "Jane Doe"', "picture_side = 10", 2, "picture_side"),
        ('photographs = "photographs"', 'photographs = "elsewhere"', 3, "photographs"),
        ('[models]\ndull = "colored/dull"\nvivid = "colored/vivid"', "models = 3", 5, "models"),
        ('"colored/vivid"', '"colored/none"', 7, "models.vivid"),
        ('vivid = "', 'truth = "', 7, "models.truth"),
        ('vivid = "', '"a b" = "', 7, "models.a b"),
        ("trials = 8", "trials = 0", 10, "real_or_colored.trials"),
        ("trials = 8", "trials = 8.5", 10, "real_or_colored.trials"),
        ("exposure_seconds = 0.3", "exposure_seconds = -1", 11, "real_or_colored.exposure_seconds"),
        ("exposure_seconds = 0.3", "exposure_seconds = nan", 11, "real_or_colored.exposure_seconds"),
        ("exposure_seconds = 0.3", "exposure = 1", 11, "real_or_colored.exposure"),
        ("attention = 2", "attention = 9", 13, "real_or_colored.attention"),
        ("attention = 2", "attention = 2\n[texts]\nthank = ''", 15, "texts.thank"),
        ("attention = 2", "attention = 2\n[texts]\nthanks = '{name}'", 15, "texts.thanks"),
        ("attention = 2", "attention = 2\n[texts]\nthanks = 'a } b'", 15, "texts.thanks"),
        ("attention = 2", "attention = 2\n[preference]\nfeedback = true", 15, "preference.feedback"),
    ],
)
def test_mistake_names_its_line_and_key(read, old, new, line, key):
    text = STUDY + TEST
    assert old in text
    with pytest.raises(StudyFileError, match=rf"study\.toml, line {line}: {re.escape(key)}: "):
        read(text.replace(old, new))


def test_syntax_error_names_its_line(read):
    with pytest.raises(StudyFileError, match=r"line 2"):
        read('name = "a"\ntitle = "b\n')


def test_study_that_asks_nothing_is_refused(read):
    with pytest.raises(StudyFileError, match="nothing is asked"):
        read(STUDY)


def test_preference_needs_two_versions(read):
    one = STUDY.replace('vivid = "colored/vivid"\n', "")
    with pytest.raises(StudyFileError, match="line 8: preference: one model"):
        read(one + PREFERENCE)
    assert read(one + PREFERENCE + "photographs_take_part = true").parts[0].with_photographs


def test_file_that_is_missing_or_no_text_is_named(read, tmp_path):
    with pytest.raises(StudyFileError, match=r"nowhere\.toml: No such file"):
        read_definition(tmp_path / "nowhere.toml")
    with pytest.raises(StudyFileError, match="not text in UTF-8"):
        read(b"name = '\xff'")
