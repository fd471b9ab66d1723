"""What the documentation shows of all systems is made of results/, and is small and marked."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import skimage.data
from PIL import Image

from tintype.models.catalog import find_model
from tintype.photos.metadata import read_mark

RESULTS = Path(__file__).parents[2] / "results"
TABLE = """\
name,state,remark,budget,minutes,samples,psnr,auc,rebalanced_auc,colorfulness_over_truth,\
over_tint,over_tint_low,over_tint_high,faithful_psnr,parameters,gflops,network_ms,photograph_ms,n,command,machine,versions
one-tint,baseline,ab,NOT,NOT,NOT,20,86,62,0.5,\
NOT,NOT,NOT,NOT,NOT,NOT,NOT,NOT,185,python systems.py,a machine,torch 2
eccv16,undertrained,,20 minutes on 4 cores,20.5,9000,21,87.125,61,0.4,\
-1,-2.25,0.125,22.5,32235385,83.54,123.4,150,185,python systems.py,a machine,torch 2
"""


@pytest.fixture
def scripts(monkeypatch):
    """The modules behind the script."""
    monkeypatch.syspath_prepend(RESULTS)
    import gallery
    import systems_page

    return SimpleNamespace(gallery=gallery, page=systems_page)


@pytest.fixture
def folders(tmp_path):
    """A folder of results with two rows, a tint and a system, and one of documentation with two pages."""
    results, docs = tmp_path / "results", tmp_path / "docs"
    results.mkdir()
    (docs / "systems").mkdir(parents=True)
    (results / "systems.csv").write_text(TABLE.replace("NOT", "does not apply"))
    (docs / "systems/compared.md").write_text("# All\n\nWords.\n")
    (docs / "systems/eccv16.md").write_text("# eccv16\n\nWords.\n")
    return results, docs


def test_pages_say_what_the_table_says(scripts, folders):
    results, docs = folders
    scripts.page.write_pages(results, docs)
    compared, own = ((docs / "systems" / name).read_text() for name in ("compared.md", "eccv16.md"))
    assert compared.startswith("# All\n\nWords.\n")
    assert (
        "| `eccv16` | undertrained | 9,000 | 20.5 | 21.00 | 87.12 | 61.00 | -1.00\u00a0±\u00a01.19 | 22.50 | "
        "0.40 | 32.24 M | 83.5 |" in compared
    )
    assert "| `one-tint` | baseline | - | - | 20.00 |" in compared
    assert "CC BY 2.0" in compared
    assert "in 20.5 minutes, in which it was shown 9,000 photographs" in own
    assert "its recipe shows 18,000,000, 2,000 times as many" in own
    assert ".webp" not in compared + own  # there are no pictures
    scripts.page.write_pages(results, docs)
    assert (docs / "systems/compared.md").read_text() == compared
    assert (docs / "systems/eccv16.md").read_text() == own


def test_pages_are_those_of_results(scripts):
    for path, text in scripts.page.render_pages(RESULTS, RESULTS.parent / "docs").items():
        assert path.read_text("utf-8") == text, "run python results/systems_page.py --text"


def test_page_without_a_table_says_what_to_do(scripts, folders):
    results, docs = folders
    (results / "systems.csv").unlink()
    scripts.page.write_pages(results, docs)
    assert "make systems" in (docs / "systems/compared.md").read_text()


def test_curves_and_samples_are_drawn(scripts, folders):
    results, docs = folders
    (results / "curves").mkdir()
    (results / "curves/eccv16.csv").write_text("minutes,samples,rebalanced\n1,10,60\n2,20,61\n")
    rows = [
        "name,samples,expected_error_of_best,automatic_error,variance,n,command,machine,versions",
        "divcolor17,1,15,13,3,185,python diversity.py,a machine,torch 2",
        "divcolor17,2,14,13,3,185,python diversity.py,a machine,torch 2",
    ]
    (results / "diversity.csv").write_text("\n".join(rows) + "\n")
    pictures = docs / "pictures/systems"
    scripts.page.draw(results, pictures)
    assert sorted(path.name for path in pictures.iterdir()) == ["diversity.svg", "eccv16-curve.svg"]
    assert "background: #fff" in (pictures / "eccv16-curve.svg").read_text()
    scripts.page.write_pages(results, docs)
    assert "(../pictures/systems/eccv16-curve.svg)" in (docs / "systems/eccv16.md").read_text()
    assert "| divcolor17 | 2 | 13.00 | 15.00 | 14.00 | 3.0 |" in (docs / "systems/compared.md").read_text()


def test_sheet_is_small_and_marked(scripts, tmp_path):
    photographs = [np.ascontiguousarray(skimage.data.astronaut()[:384, :384])] * 6
    scripts.gallery.write_sheet(tmp_path / "sheet.webp", find_model("tintype-small"), photographs)
    assert read_mark(tmp_path / "sheet.webp").model.startswith("tintype-small@")
    with Image.open(tmp_path / "sheet.webp") as sheet:
        assert sheet.size == (896, 356)
    assert (tmp_path / "sheet.webp").stat().st_size < 110_000


def test_all_pictures_of_the_page_are_small_and_marked():
    pictures = [*(RESULTS.parent / "docs/pictures/systems").glob("*")]
    assert sum(path.stat().st_size for path in pictures) < 2_500_000
    colored = {path for path in pictures if path.suffix == ".webp" and path.stem not in ("gray", "true")}
    assert all(read_mark(path) is not None for path in colored)
