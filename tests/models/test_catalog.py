import shutil
import subprocess
import sys

import pytest

from tintype.errors import BrokenModelError, ModelNotFoundError
from tintype.models import catalog
from tintype.models.catalog import find_model, list_models, read_model, user_folder
from tiny_model import write_tiny_model, write_with_metadata


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The user's folder; nothing is bundled."""
    monkeypatch.setenv("TINTYPE_MODELS", str(tmp_path / "mine"))
    monkeypatch.setattr(catalog, "BUNDLED_FOLDER", tmp_path / "bundled")
    (tmp_path / "mine").mkdir()
    (tmp_path / "bundled").mkdir()
    return tmp_path / "mine"


def names():
    return [model.card.name for model in list_models()]


def test_models_of_both_folders_are_listed_by_name_newest_first(folder, tmp_path):
    write_tiny_model(folder / "a.onnx", name="test-tiny@1.9")
    write_tiny_model(folder / "b.onnx", name="test-tiny@1.10")
    write_tiny_model(tmp_path / "bundled" / "c.onnx", name="test-small@1")
    assert names() == ["test-small@1", "test-tiny@1.10", "test-tiny@1.9"]
    assert [model.is_bundled for model in list_models()] == [True, False, False]


def test_file_of_the_user_goes_before_a_bundled_one_of_the_same_name(folder, tmp_path):
    write_tiny_model(tmp_path / "bundled" / "a.onnx")
    mine = write_tiny_model(folder / "z.onnx")
    assert list_models() == [mine]


def test_broken_file_is_told_of_and_hides_nothing(folder):
    write_tiny_model(folder / "good.onnx")
    (folder / "bad.onnx").write_text("no model")
    (folder / "notes.txt").write_text("no model either")
    told = []
    assert len(list_models(lambda path, error: told.append((path.name, error)))) == 1
    assert [name for name, _ in told] == ["bad.onnx"]
    assert isinstance(told[0][1], BrokenModelError)


def test_missing_folders_hold_no_models(folder, tmp_path):
    folder.rmdir()
    (tmp_path / "bundled").rmdir()
    assert list_models() == []
    with pytest.raises(ModelNotFoundError, match="no model is installed; put one into"):
        find_model("test-tiny")


def test_model_is_found_by_family_name_and_path(folder):
    old = write_tiny_model(folder / "old.onnx", name="test-tiny@1")
    new = write_tiny_model(folder / "new.onnx", name="test-tiny@2")
    assert find_model("test-tiny") == new
    assert find_model("test-tiny@1") == old
    assert find_model(str(old.path)) == old
    assert find_model(old.path) == old


def test_unknown_name_gets_the_near_ones(folder):
    write_tiny_model(folder / "a.onnx")
    with pytest.raises(ModelNotFoundError, match=r"no model 'test-tinny'; did you mean .*test-tiny"):
        find_model("test-tinny")
    with pytest.raises(ModelNotFoundError, match="there are test-tiny@1"):
        find_model("zzz")
    with pytest.raises(ModelNotFoundError, match="did you mean test-tiny@1"):
        find_model("test-tiny@7")


def test_name_of_a_broken_file_says_why(folder):
    (folder / "test-tiny.onnx").write_text("no model")
    with pytest.raises(BrokenModelError, match="not a whole ONNX model"):
        find_model("test-tiny@1")


def test_path_that_is_not_there_is_refused(folder):
    with pytest.raises(ModelNotFoundError, match="check the path"):
        find_model("nowhere/model.onnx")


def test_onnx_file_without_a_card_is_refused(folder):
    model = write_tiny_model(folder / "a.onnx")
    write_with_metadata(model.path, folder / "b.onnx", {"author": "me"})
    with pytest.raises(BrokenModelError, match="has no Tintype card"):
        read_model(folder / "b.onnx")


def test_broken_card_names_file_and_key(folder):
    model = write_tiny_model(folder / "a.onnx")
    write_with_metadata(model.path, folder / "b.onnx", {"tintype.card": '{"colour": 1}'})
    with pytest.raises(BrokenModelError, match=r"b\.onnx: card: unknown key 'colour'"):
        read_model(folder / "b.onnx")


def test_verification_finds_a_changed_byte(folder):
    model = write_tiny_model(folder / "a.onnx")
    model.verify()
    content = bytearray(model.path.read_bytes())
    content[5000] ^= 1
    model.path.write_bytes(content)
    with pytest.raises(BrokenModelError, match="damaged or was changed"):
        model.verify()


def test_user_folder_defaults_to_the_place_for_application_data(monkeypatch):
    monkeypatch.delenv("TINTYPE_MODELS", raising=False)
    assert user_folder().parts[-2:] == ("tintype", "models")


def test_listing_loads_neither_onnx_nor_its_runtime(folder):
    shutil.copy(write_tiny_model(folder / "a.onnx").path, folder / "b.onnx")
    code = (
        "import sys; from tintype.models.catalog import list_models; assert list_models(); "
        "assert not {'onnx', 'onnxruntime', 'torch', 'scipy', 'pyvips'} & set(sys.modules), sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=600)


def test_cards_of_bundled_models_name_no_folder_of_a_machine():
    bundled = [model for model in list_models() if model.is_bundled]
    assert bundled
    for model in bundled:
        assert '"/' not in model.card.to_json()
