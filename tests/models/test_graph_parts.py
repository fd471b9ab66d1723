import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from tintype.errors import BrokenModelError
from tintype.models.catalog import find_model
from tintype.models.graph_part import declared_outputs, part_for, split_for
from tintype.models.graph_parts import GraphParts
from tiny_model import CLASSES, FEATURES, write_tiny_model


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny.onnx").path.read_bytes()


def load(part, _providers=None):
    return onnxruntime.InferenceSession(part, providers=["CPUExecutionProvider"])


def feeds():
    random = np.random.default_rng(0)
    return {
        "lightness": random.uniform(0, 100, (1, 1, 64, 96)).astype(np.float32),
        "hints": np.zeros((1, 3, 64, 96), np.float32),
        "palette": np.zeros((1, 314), np.float32),
    }


def test_outputs_are_declared_as_the_runtime_tells_them(graph):
    told = [(node.name, node.type, tuple(node.shape)) for node in load(graph).get_outputs()]
    assert [(node.name, node.type, node.shape) for node in declared_outputs(graph)] == told
    assert ("class_map", "tensor(float)", ("batch", CLASSES, "height/32", "width/32")) in told


def test_output_of_another_type_and_without_a_shape_is_declared():
    value = helper.make_tensor_value_info("names", TensorProto.INT64, None)
    model = helper.make_model(helper.make_graph([], "none", [], [value]))
    (found,) = declared_outputs(model.SerializeToString())
    assert (found.name, found.type, found.shape) == ("names", "tensor of ONNX type 7", ())


@pytest.mark.parametrize("wanted", [("bin_logits",), ("features",), ("classes", "class_map"), ("classes",)])
def test_part_gives_the_same_numbers_from_fewer_nodes(graph, wanted):
    part = part_for(graph, wanted)
    model = onnx.load_from_string(part)
    onnx.checker.check_model(model)
    assert {output.name for output in model.graph.output} == set(wanted)
    assert len(model.graph.node) < len(onnx.load_from_string(graph).graph.node)
    for name, array in zip(wanted, load(part).run(wanted, feeds()), strict=True):
        np.testing.assert_array_equal(array, load(graph).run([name], feeds())[0])


def test_part_leaves_out_the_weights_that_it_does_not_need(graph):
    names = {each.name for each in onnx.load_from_string(part_for(graph, ["features"])).graph.initializer}
    assert names == {"feature_weight", "feature_bias"}
    assert len(onnx.load_from_string(part_for(graph, ["features"])).graph.input) == 3


def test_what_the_branches_of_a_node_need_stays():
    def branch(name):
        return helper.make_graph(
            [helper.make_node("Add", ["x", name], [f"sum_{name}"])],
            name,
            [],
            [helper.make_tensor_value_info(f"sum_{name}", TensorProto.FLOAT, [1])],
        )

    inputs = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [1]),
        helper.make_tensor_value_info("is_large", TensorProto.BOOL, [1]),
    ]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("y", "z")]
    nodes = [
        helper.make_node("Neg", ["x"], ["z"]),
        helper.make_node("If", ["is_large"], ["y"], then_branch=branch("a"), else_branch=branch("b")),
    ]
    weights = [numpy_helper.from_array(np.float32([i]), name) for i, name in enumerate("abc")]
    graph = helper.make_graph(nodes, "branches", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    part = part_for(model.SerializeToString(), ["y"])
    assert {each.name for each in onnx.load_from_string(part).graph.initializer} == {"a", "b"}
    (y,) = load(part).run(None, {"x": np.float32([2]), "is_large": np.array([False])})
    assert y == 3


@pytest.mark.parametrize("cut", [1, 100, 2000])
def test_file_that_was_cut_off_is_refused(graph, cut):
    with pytest.raises(ValueError, match="no whole ONNX file"):
        part_for(graph[:-cut], ["features"])


def test_text_is_refused():
    with pytest.raises(ValueError, match="no whole ONNX file"):
        declared_outputs(b"This is no model, but a text that goes on for a while.")


def test_parts_are_loaded_once_and_only_when_they_are_asked_for(graph):
    loaded = []

    def count(part, providers):
        loaded.append(providers)
        return load(part)

    parts = GraphParts(graph, count, ("bin_logits", "ab"), onnxruntime.RunOptions)
    assert loaded == [None]
    for _ in range(2):
        (logits,) = parts.run(["bin_logits"], feeds())
        features, cells = parts.run(["features", "class_map"], feeds())
    assert loaded == [None, ["CPUExecutionProvider"]]
    assert logits.shape[1:] == (313, 16, 24)
    assert features.shape[1] == FEATURES
    assert cells.shape[1] == CLASSES


def test_whole_graph_is_loaded_where_the_first_part_is_not_in_it(graph):
    parts = GraphParts(graph, load, ("ab",), onnxruntime.RunOptions)
    assert len(parts.get_outputs()) == len(parts.get_inputs()) + 1 == 4
    assert len(parts.run([node.name for node in parts.get_outputs()], feeds())) == 4


@pytest.fixture(scope="module")
def bundled():
    return find_model("tintype-small").path.read_bytes()


def guided(seed=0, size=(64, 96)):
    random = np.random.default_rng(seed)
    return {
        "lightness": np.float32(random.uniform(5, 95, (1, 1, *size))),
        "hints": np.float32(random.uniform(-1, 1, (1, 3, *size)) > 0.9),
        "palette": np.zeros((1, 314), np.float32),
        "context": np.zeros((1, 320, 1, 1), np.float32),
    }


def test_split_computes_the_encoder_in_its_first_step(bundled):
    split = split_for(bundled, ["bin_logits", "context_out"], "lightness")
    first, second = (onnx.load_from_string(step) for step in (split.first, split.second))
    assert [each.name for each in first.graph.input] == ["lightness"]
    assert "context_out" in split.passed
    assert [each.name for each in second.graph.output] == ["bin_logits"]
    convolutions = [sum(node.op_type == "Conv" for node in step.graph.node) for step in (first, second)]
    assert convolutions[0] > convolutions[1] > 0
    names = [{node.name for node in step.graph.node if node.op_type == "Conv"} for step in (first, second)]
    assert not names[0] & names[1]


def test_what_depends_on_one_input_alone_or_on_all_is_not_split(bundled):
    assert split_for(bundled, ["context_out"], "lightness") is None
    assert split_for(bundled, ["bin_logits"], "palette_of_another_name") is None


def test_two_steps_give_what_one_gives_and_the_first_is_kept(bundled):
    runs = []

    class Counted:
        def __init__(self, session):
            self.session = session

        def run(self, names, feeds, options):
            runs.append(tuple(names))
            return self.session.run(names, feeds, options)

        def __getattr__(self, name):
            return getattr(self.session, name)

    parts = GraphParts(
        bundled,
        lambda part, _providers: Counted(load(part)),
        ("bin_logits",),
        onnxruntime.RunOptions,
        in_steps=True,
    )
    assert [each.name for each in parts.get_inputs()] == ["lightness", "hints", "palette", "context"]
    whole = load(part_for(bundled, ["bin_logits"]))
    for seed, size in ((0, (64, 96)), (0, (96, 96)), (0, (64, 96)), (1, (64, 96))):
        given = guided(seed, size)
        (seen,) = parts.run(["bin_logits"], given)
        (expected,) = whole.run(["bin_logits"], given)
        np.testing.assert_array_equal(seen, expected)  # the same project, the same bytes
    assert sum(names != ("bin_logits",) for names in runs) == 3
    again = guided(1, (64, 96)) | {"hints": np.zeros((1, 3, 64, 96), np.float32)}
    assert np.abs(parts.run(["bin_logits"], again)[0] - seen).max() > 0.01
    assert sum(names != ("bin_logits",) for names in runs) == 3


def test_graph_whose_steps_would_pass_on_something_else_is_run_in_one():
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in ("lightness", "hints")
    ]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    nodes = [
        helper.make_node("Shape", ["lightness"], ["shape"]),
        helper.make_node("Reshape", ["hints", "shape"], ["y"]),
    ]
    graph = helper.make_graph(nodes, "shaped", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)

    def load_or_refuse(part, _providers):
        try:
            return load(part)
        except Exception as error:
            raise BrokenModelError(str(error)) from error

    parts = GraphParts(
        model.SerializeToString(), load_or_refuse, ("y",), onnxruntime.RunOptions, in_steps=True
    )
    given = {"lightness": np.zeros(3, np.float32), "hints": np.arange(3, dtype=np.float32)}
    assert parts.run(["y"], given)[0].tolist() == [0, 1, 2]
