# SPDX-License-Identifier: Apache-2.0
"""Ablation of PyTorch models."""

from __future__ import annotations

import numpy as np
import pytest
from dense import dense, scores
from support import child

import infolens


def test_torch_is_not_imported_before_it_is_needed():
    code = "import sys, infolens; infolens.torch.network; print('torch' in sys.modules)"
    assert child(code).stdout.split() == ["False"]


def test_a_missing_torch_is_said_with_what_to_install():
    code = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "import infolens\n"
        "try: infolens.torch.network(None, [1], [0], 'fc1')\n"
        "except ImportError as error: print(error)\n"
    )
    assert "pip install torch" in child(code).stdout


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def perceptron(torch):
    """The same network in torch and in numpy."""
    made = dense(("relu", "relu", "softmax"))
    modules = []
    for name, weight, bias, _ in made.layers:
        linear = torch.nn.Linear(*weight.shape, bias=bias is not None).double()
        with torch.no_grad():
            linear.weight.copy_(torch.as_tensor(weight.T))
            if bias is not None:
                linear.bias.copy_(torch.as_tensor(bias))
        modules.append((name, linear))
        if name != "fc3":
            modules.append((f"relu{name[-1]}", torch.nn.ReLU()))
    from collections import OrderedDict

    return torch.nn.Sequential(OrderedDict(modules)), made


@pytest.mark.parametrize("replacement", ["zero", "mean"])
@pytest.mark.parametrize("batch_size", [1024, 64])
def test_a_perceptron_loses_what_numpy_says(perceptron, replacement, batch_size):
    model, made = perceptron
    network = infolens.torch.network(
        model, made.inputs, made.y, ["relu1", "relu2"], replacement, batch_size
    )
    assert network.layers["neurons"].tolist() == [9, 7]
    order = [("relu1", 4), ("relu2", 0), ("relu1", 7), ("relu2", 3)]
    table = network.ablate(scope="network", order=order)
    expected = made.curve([(name.replace("relu", "fc"), it) for name, it in order], replacement)
    for row, (correct, _, loss) in zip(table, expected, strict=True):
        assert row["accuracy"] == correct / 200
        assert row["cross_entropy"] == pytest.approx(loss, rel=1e-12)
    single = network.ablate_single(layers="relu2")
    for row in single:
        assert row["accuracy"] == made.scores({"fc2": [row["neuron"]]}, replacement)[0] / 200


def test_curves_of_torch_are_those_of_the_dense_engine(perceptron):
    model, made = perceptron
    ours = made.network.ablate(made.data, made.y, direction="both")
    network = infolens.torch.network(model, made.inputs, made.y, ["relu1", "relu2"])
    activations = {f"relu{name[-1]}": t for name, t in made.activations().items() if name != "fc3"}
    theirs = network.ablate(activations, made.y, direction="both")
    assert np.array_equal(ours["removed_neuron"], theirs["removed_neuron"])
    assert np.array_equal(ours["accuracy"], theirs["accuracy"])
    assert np.allclose(ours["cross_entropy"], theirs["cross_entropy"], rtol=1e-5)


@pytest.mark.parametrize("replacement", ["zero", "mean"])
def test_channels_of_a_convolution_are_neurons(torch, replacement):
    torch.manual_seed(0)
    nn = torch.nn
    first = nn.Sequential(nn.Conv2d(2, 5, 3), nn.ReLU())
    rest = nn.Sequential(nn.Flatten(), nn.Linear(5 * 16, 3))
    model = nn.Sequential(first, nn.Dropout(0.5), rest)
    inputs, y = torch.randn(60, 2, 6, 6), torch.arange(60) % 3
    network = infolens.torch.network(model, inputs, y, "0", replacement)
    assert network.layers["neurons"].tolist() == [5]
    with torch.no_grad():
        maps = first(inputs)
        changed = maps.clone()
        for channel in (1, 3):
            fill = maps[:, channel].double().mean() if replacement == "mean" else 0.0
            changed[:, channel] = fill
        correct, _, loss = scores(rest(changed).double().numpy(), y.numpy())
    row = next(iter(network.ablate_groups([[1, 3]], layer="0")))
    assert row["accuracy"] == correct / 60
    assert row["cross_entropy"] == pytest.approx(loss, rel=1e-6)
    last = infolens.torch.network(model, inputs, y, "0", channel_axis=-1)
    assert last.layers["neurons"].tolist() == [4]


def test_a_loss_of_ones_own_takes_the_place_of_the_cross_entropy(torch, perceptron):
    model, made = perceptron
    correct = made.scores()[0]

    def each(logits, labels):
        assert logits.dtype == torch.float64
        return (logits.argmax(dim=1) != labels).double()

    for loss in (each, lambda *it: each(*it).mean()):
        network = infolens.torch.network(
            model, made.inputs, made.y, "relu1", batch_size=64, loss=loss
        )
        table = network.ablate(order=[0])
        assert table.columns[-2:] == ["accuracy", "loss"]
        assert table["loss"][0] == pytest.approx(1 - correct / 200, abs=1e-12)


def test_the_model_is_left_as_it_was(torch, perceptron):
    model, made = perceptron
    model.train()
    model.fc2.eval()
    modes = [module.training for module in model.modules()]
    network = infolens.torch.network(model, made.inputs, made.y, ["relu1"])
    network.ablate_single()
    with torch.no_grad():
        broken = made.layers[0][1].shape[0] + 1
    with pytest.raises(RuntimeError):
        infolens.torch.network(model, np.ones((200, broken)), made.y, ["relu1"])
    assert [module.training for module in model.modules()] == modes
    assert not any(module._forward_hooks for module in model.modules())
    assert torch.is_grad_enabled()


def test_what_the_model_raises_comes_out_whole(torch, perceptron):
    model, made = perceptron

    class Fragile(torch.nn.Module):
        def forward(self, x):
            if (x == 0).all(dim=0).any():
                raise ArithmeticError("a neuron is dead")
            return x

    fragile = torch.nn.Sequential(model.fc1, torch.nn.Sigmoid(), Fragile(), model.fc2, model.fc3)
    network = infolens.torch.network(fragile, made.inputs, made.y, ["1"])
    with pytest.raises(ArithmeticError, match="a neuron is dead"):
        network.ablate_single()
    assert not any(module._forward_hooks for module in fragile.modules())


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"layers": "fc9"}, infolens.NotFoundError, "no module 'fc9'; there are: fc1, relu1"),
        ({"layers": []}, infolens.ArgumentError, "layers is empty"),
        ({"labels": np.zeros(3, dtype=int)}, infolens.ShapeError, "labels has 3 entries"),
        ({"labels": np.zeros(200)}, infolens.ArgumentError, "labels must be integers"),
        ({"labels": np.full(200, 4)}, infolens.NumericError, "labels must lie between 0 and 3"),
        ({"replacement": "value"}, infolens.ArgumentError, "replacement 'value' is unknown"),
        ({"batch_size": 0}, infolens.ArgumentError, "batch_size must be at least 1"),
        ({"channel_axis": 2}, infolens.ArgumentError, "channel_axis 2 is unknown"),
        ({"loss": lambda *_: np.ones(7)}, infolens.ShapeError, "loss gives shape"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(perceptron, change, error, text):
    model, made = perceptron
    arguments = {"inputs": made.inputs, "labels": made.y, "layers": "relu1", **change}
    with pytest.raises(error, match=text):
        infolens.torch.network(model, **arguments).ablate_single()
