import pytest

from tintype.errors import BrokenModelError, ModelNotFoundError, OutputExistsError, WriteFailedError
from tintype.models.catalog import find_model
from tintype.models.install import install_model, place_for
from tiny_model import write_tiny_model


@pytest.fixture
def models(tmp_path, monkeypatch):
    folder = tmp_path / "models"
    monkeypatch.setenv("TINTYPE_MODELS", str(folder))
    return folder


def test_model_is_copied_into_the_folder(models, tmp_path):
    source = write_tiny_model(tmp_path / "downloaded.onnx")
    installed = install_model(source.path)
    assert installed.path == models / "test-tiny@1.onnx"
    assert find_model("test-tiny") == installed
    installed.verify()
    assert source.path.exists()


def test_model_of_that_name_is_only_replaced_when_asked(models, tmp_path):
    models.mkdir()
    old = write_tiny_model(models / "another-name.onnx", summary="old")
    source = write_tiny_model(tmp_path / "new.onnx", summary="new")
    with pytest.raises(
        OutputExistsError, match=r"another-name.onnx: a model named test-tiny@1 is here already"
    ):
        install_model(source.path)
    assert install_model(source.path, overwrite=True).path == old.path
    assert find_model("test-tiny").card.summary == "new"
    assert [path.name for path in models.iterdir()] == ["another-name.onnx"]


def test_another_version_lies_beside(models, tmp_path):
    install_model(write_tiny_model(tmp_path / "a.onnx").path)
    install_model(write_tiny_model(tmp_path / "b.onnx", name="test-tiny@2").path)
    assert find_model("test-tiny").card.version == "2"
    assert find_model("test-tiny@1").card.version == "1"


def test_damaged_model_is_not_installed(models, tmp_path):
    source = write_tiny_model(tmp_path / "a.onnx", sha256="0" * 64)
    with pytest.raises(BrokenModelError, match="damaged or was changed"):
        install_model(source.path)
    with pytest.raises(ModelNotFoundError):
        install_model(tmp_path / "none.onnx")
    assert not models.exists()


def test_file_of_someone_else_is_in_the_way(models):
    models.mkdir()
    (models / "eccv16@1.onnx").write_text("mine")
    with pytest.raises(OutputExistsError, match="a file is in the way"):
        place_for("eccv16@1")
    assert place_for("eccv16@1", overwrite=True) == models / "eccv16@1.onnx"


def test_folder_that_may_not_be_written_is_told(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TINTYPE_MODELS", str(tmp_path / "file"))
    with pytest.raises(WriteFailedError, match="can't be written"):
        install_model(write_tiny_model(tmp_path / "a.onnx").path)
