import pytest

from tintype.studio.study.toml_lines import find_line

TEXT = """\
# a comment
name = "a"

title = '''
two lines
name = 3
'''
[models]
"my.model" = "x"   # a comment
other.inner = [
  1,
]
[[list]]
key = 1
[real_or_colored]

trials = 5
"""


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (["name"], 2),
        (["title"], 4),
        (["models"], 8),
        (["models", "my.model"], 9),
        (["models", "other", "inner"], 10),
        (["real_or_colored", "trials"], 17),
        (["real_or_colored", "missing"], 15),
        (["missing"], 1),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_of_a_key(keys, line, ending):
    assert find_line(TEXT.replace("\n", ending), keys) == line


def test_line_separator_inside_of_a_text_ends_no_line():
    assert find_line('a = "x\u2028y"\nb = 1\n', ["b"]) == 2
