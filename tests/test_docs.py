"""The documentation is true: its Python runs, its calls are understood, its links lead somewhere."""

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import tifffile
from markdown.extensions.toc import slugify
from PIL import Image

from drawing_samples import draw_house
from tintype.cli.app import create_app
from tintype.colorize.palettes import parse_palette
from tintype.guidance.guidance import Guidance
from tintype.learn.recipe import read_recipe
from tintype.measure.benchmark.suite import read_suite
from tintype.photos.metadata import read_mark
from tintype.studio.study.definition import read_definition
from training_samples import FAST, tiles

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
GENERATED = DOCS / "commands.md"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted(DOCS.glob("*.md")),
    *sorted((DOCS / "guidance").glob("*.md")),
]
WRITTEN = [page for page in PAGES if page != GENERATED]
PICTURES = sorted(path for path in (DOCS / "pictures").iterdir() if path.is_file())
FOREIGN_OPTIONS = {"--network", "--rehearse", "--busy", "--only", "--time", "--judge", "--minutes", "--table"}
"""Of docker, and of results/systems.py."""

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
ANY_BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
OUR_FILE = re.compile(
    r"(?:src|tests|tools|results|docs|benchmarks)/(?:[\w./-]+\.(?:py|md|toml|json)|[\w./-]*/)"
)


def blocks_of(page: Path, language: str) -> list[str]:
    return [body for kind, body in BLOCK.findall(page.read_text("utf-8")) if kind == language]


def pages_with(language: str) -> list[Path]:
    return [page for page in WRITTEN if blocks_of(page, language)]


def each_block(language: str) -> list[pytest.param]:
    return [
        pytest.param(block, id=f"{page.stem}-{i}")
        for page in pages_with(language)
        for i, block in enumerate(blocks_of(page, language))
    ]


def calls_in(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words = words[1:]
        if words:
            yield words


def inline_code_of(page: Path) -> list[str]:
    return INLINE.findall(ANY_BLOCK.sub("", page.read_text("utf-8")))


def is_understood(words: list[str]) -> bool:
    """Parse a call of tintype as the program does, streams left to the shell."""
    ends = [i for i, word in enumerate(words) if word in ("<", ">", "|")]
    arguments = ["stdin" if word == "-" else word for word in words[1 : min(ends, default=len(words))]]
    create_app().parse_args(arguments, print_error=False, exit_on_error=False)
    return True


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Path:
    """A folder with the files that the pages speak of."""
    monkeypatch.chdir(tmp_path)
    gray = skimage.data.camera()
    tifffile.imwrite("scan.tif", gray.astype(np.uint16) * 257, photometric="minisblack")
    Image.fromarray(skimage.data.coffee()).save("autumn.jpg")
    strokes = Image.new("RGBA", gray.shape[::-1])
    strokes.paste((200, 90, 40, 255), (100, 100, 200, 130))
    strokes.save("strokes.png")
    Image.fromarray(draw_house()).save("house.png")
    Path("notes.txt").write_text("no photograph")
    for folder in ("album", "photographs"):
        Path(folder).mkdir()
    for name in ("one.jpg", "two.png"):
        Image.fromarray(gray[:160, :200]).save(f"album/{name}")
    for i, tile in enumerate(tiles()):
        Image.fromarray(tile).save(f"photographs/{i:03}.png")
    sizes, sources = "data.sizes=[{side = 64, count = 8}]", 'data.sources=[{match = "photographs"}]'
    common = [*FAST, sizes, sources, f'data.root="{tmp_path}"', "samples=16"]
    study = f'recipe = "tintype-small"\ncommon = {json.dumps(common)}\n[variants]\n"as it is" = []\n'
    Path("study.toml").write_text(study)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", pages_with("python"), ids=lambda page: page.stem)
def test_python_of_a_page_runs(page, workplace):
    code = "\n".join(blocks_of(page, "python"))
    exec(compile(code, str(page), "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.stem)
def test_calls_of_tintype_are_understood(page):
    for words in (words for block in blocks_of(page, "sh") for words in calls_in(block)):
        if words[0] == "tintype":
            assert is_understood(words), words
        if words[:2] == ["docker", "run"]:
            assert is_understood(words[words.index("tintype") :]), words


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.stem)
def test_other_calls_name_what_is_there(page):
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for words in (words for block in blocks_of(page, "sh") for words in calls_in(block)):
        if words[0] == "make":
            assert set(words[1:]) <= set(targets), words
        if words[0] == "python" and words[1].endswith(".py"):
            assert (ROOT / words[1]).is_file(), words
        for extra in re.findall(r"\[(\w+)\]", " ".join(words)) if "pip" in words else []:
            assert extra in extras, words


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.stem)
def test_commands_and_options_in_a_sentence_exist(page):
    known = set(re.findall(r"--[a-z][a-z-]*", GENERATED.read_text("utf-8"))) | FOREIGN_OPTIONS | {"--help"}
    for code in inline_code_of(page):
        if code.startswith("tintype "):
            command = [word for word in code.split()[1:] if re.fullmatch("[a-z]+", word)]
            assert create_app().parse_commands(command)[0] or "--" in code, code
        if code.startswith("--"):
            assert re.match(r"--[a-z-]+", code)[0] in known, code


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.stem)
def test_files_in_a_sentence_are_there(page):
    for code in inline_code_of(page):
        if OUR_FILE.fullmatch(code):
            assert (ROOT / code).exists(), code


@pytest.mark.parametrize("block", each_block("json"))
def test_json_is_guidance_or_a_palette(block):
    assert Guidance.from_json(block) if '"marks"' in block else parse_palette(block)


@pytest.mark.parametrize("block", each_block("toml"))
def test_toml_is_a_recipe_or_a_study_of_recipes_or_with_people_or_a_suite(block, tmp_path):
    from tintype.learn.ablate import read_study  # brings torch

    path = tmp_path / "mine.toml"
    path.write_text(block)
    if "[photographs]" in block:
        assert read_suite(str(path)).folder == tmp_path / "photographs"
        return
    if "[models]" in block:
        values = tomllib.loads(block)
        for folder in (values["photographs"], *values["models"].values()):
            (tmp_path / folder).mkdir(parents=True)
        assert read_definition(path)
        return
    assert read_study(path).recipes() if "[variants]" in block else read_recipe(str(path))


def test_hints_on_the_page_are_those_of_the_picture():
    shown = blocks_of(DOCS / "guidance.md", "json")[0]
    assert json.loads(shown) == json.loads((DOCS / "examples" / "astronaut.json").read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for link in LINK.findall(ANY_BLOCK.sub("", page.read_text("utf-8"))):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
            assert anchor in {slugify(heading, "-") for heading in headings}, link


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.stem)
def test_picture_is_small_marked_and_shown(picture):
    assert picture.stat().st_size < 150_000
    assert read_mark(picture) is not None
    assert any(f"pictures/{picture.name}" in page.read_text("utf-8") for page in PAGES)


@pytest.mark.parametrize("name", ["README.md", "docs/figures.md"])
def test_figures_are_those_of_results(name):
    tool = runpy.run_path(str(ROOT / "tools" / "write_figures.py"))
    which = {path.name: which for path, which in tool["PAGES"].items()}[Path(name).name]
    text = (ROOT / name).read_text("utf-8")
    folder = ROOT / "results"
    assert text == tool["fill"](text, tool["read_tables"](folder), which, tool["read_benchmark"](folder)), (
        "run python tools/write_figures.py"
    )


def test_telling_figures_are_there():
    tool = runpy.run_path(str(ROOT / "tools" / "write_figures.py"))
    tables = tool["read_tables"](ROOT / "results")
    for name, shown in tool["TELLING"].items():
        assert set(shown) <= {row["figure"] for row in tables[name]}


def test_figures_are_written_as_measured(tmp_path):
    tool = runpy.run_path(str(ROOT / "tools" / "write_figures.py"))
    (tmp_path / "automatic.csv").write_text(
        "figure,value,required,n,command,machine,versions,data\n"
        "default: PSNR,22.34567,>= 22.2,185,python evaluate.py,a machine,python 3.12,objects 0123\n"
        "default: time,1.5,,185,python evaluate.py,a machine,python 3.12,objects 0123\n"
    )
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    tables = tool["read_tables"](tmp_path)
    telling, everything = (tool["render"](tables, which) for which in ("telling", "all"))
    assert "| default: PSNR | 22.35 | ≥ 22.2 | 185 |" in telling
    assert "default: time" not in telling
    assert "| default: time | 1.5 |  | 185 |" in everything
    assert "`python evaluate.py` on a machine" in everything


def test_benchmark_is_written_as_measured(tmp_path):
    tool = runpy.run_path(str(ROOT / "tools" / "write_figures.py"))
    assert tool["read_benchmark"](tmp_path) == {}
    figure = {"value": 22.34567, "low": 21.0, "high": 23.456789}
    figures = dict.fromkeys(tool["COMPARED"], figure) | {
        "ssim": {"value": 0.9, "low": None, "high": None},
        "colorfulness": {"value": None, "low": None, "high": None},
    }
    suite = {"photographs": 10, "contestants": [{"label": "gray", "figures": figures}]}
    suites = [suite | {"suite": name, "title": f"The {name} ones"} for name in ("open", "closed")]
    origin = {"command": "tintype benchmark", "machine": "a machine", "versions": "python 3", "date": "today"}
    (tmp_path / "benchmark").mkdir()
    (tmp_path / "benchmark/summary.json").write_text(json.dumps(origin | {"suites": suites}))
    found = tool["read_benchmark"](tmp_path)
    readme, everything = (tool["render_benchmark"](found, which) for which in ("telling", "all"))
    assert "### Benchmark: The open ones" in readme
    assert "closed" not in readme
    assert "| gray | 22.35 (21 to 23.46) | 22.35 (21 to 23.46) | 0.9 |" in readme
    assert "| - |" in readme
    assert "[docs/measuring.md](docs/measuring.md)" in readme
    assert "## Benchmark: The closed ones" in everything
    assert "`results/benchmark/closed.csv`" in everything
    assert "[measuring.md](measuring.md)" in everything


def test_site_is_built_strictly_and_asks_nobody(tmp_path):
    pytest.importorskip("mkdocs", reason="the site is built with the extra docs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = [*tmp_path.glob("*.html")]
    assert len(pages) > len(list(DOCS.glob("*.md")))
    for page in pages:
        assert not re.findall(
            r'<(?:script|img|iframe)[^>]*src="?https?:[^>]*>|<link[^>]*stylesheet[^>]*https?:[^>]*>',
            page.read_text("utf-8"),
        )
