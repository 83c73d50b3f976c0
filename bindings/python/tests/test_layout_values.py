# SPDX-License-Identifier: Apache-2.0
"""What is read of files in the layouts of other tools is what h5py and numpy read of them."""

from __future__ import annotations

import numpy as np
import pytest

import infolens

h5py = pytest.importorskip("h5py")


def joined(names, key=lambda name: int(name.split("_")[-1])):
    return sorted(names, key=key)


def rows_of_groups(file, dataset):
    return np.stack([file[name][dataset][()].ravel() for name in joined(file)])


def bfloat16(file):
    return (file["act"][()].astype(np.uint32) << 16).view(np.float32)


#: File, layer, and the layer's values as h5py and numpy give them.
LAYERS = [
    ("anndata_dense.h5ad", "X", lambda file: file["X"][()]),
    ("anndata_dense.h5ad", "X_fc2", lambda file: file["obsm/X_fc2"][()]),
    ("batch_groups.h5", "hidden_states", lambda file: rows_of_groups(file, "hidden_states")),
    ("bf16_as_u16.h5", "act", bfloat16),
    ("epochs_f16_onehot.h5", "epochs/10/fc2", lambda file: file["epoch_10/fc2"][()]),
    ("hidden_NLD.h5", "hidden_states[:, 1]", lambda file: file["hidden_states"][:, 1]),
    ("hidden_NLD.h5", "/hidden_states[:, -1]", lambda file: file["hidden_states"][:, -1]),
    ("mat73_hdf5storage.mat", "features", lambda file: file["features"][()].T),
    ("mat73_hdf5storage.mat", "/act/fc2", lambda file: file["act/fc2"][()].T),
    ("net2brain_like_per_image.h5", "layer4", lambda file: rows_of_groups(file, "layer4")),
    ("pandas_fixed.h5", "acts", lambda file: file["acts/block0_values"][()]),
    ("pandas_table.h5", "acts", lambda file: file["acts/table"]["values_block_0"]),
    ("pandas_table.h5", "/acts/table[index]", lambda file: file["acts/table"]["index"][:, None]),
    ("pynwb_units.nwb", "/acquisition/acts/data", lambda file: file["acquisition/acts/data"][()]),
    (
        "thingsvision_split.hdf5",
        "features",
        lambda file: np.concatenate([file[name][()] for name in joined(file)]),
    ),
    ("xarray_netcdf4.nc", "fc1", lambda file: file["activations"][()]),
]


@pytest.mark.parametrize(("name", "layer", "values"), LAYERS)
def test_layers_hold_what_the_file_holds(shared, name, layer, values):
    path = shared(f"samples/{name}")
    with h5py.File(path) as file:
        expected = np.asarray(values(file))
    with infolens.open(path) as dump:
        found = dump.read(layer)
        assert found.shape == expected.shape
        assert np.array_equal(found, expected.astype(found.dtype))
        some = dump.read(layer, first=3, count=4)
        assert np.array_equal(some, found[3:7])


def test_sparse_rows_measure_as_dense_ones(shared):
    tables = []
    for name in ("anndata_csr.h5ad", "anndata_dense.h5ad"):
        with infolens.open(shared(f"samples/{name}")) as dump:
            tables.append(dump["X"].neuron_measures(quantizer=infolens.uniform(10)))
    for column in ("entropy", "mutual_information", "kl_selectivity"):
        assert np.array_equal(tables[0][column], tables[1][column])


def labels_of_groups(file):
    return np.array([file[name]["label"][()] for name in joined(file)])


#: File, dataset of the labels (None: those found), and the labels.
LABELS = [
    ("anndata_csr.h5ad", None, lambda file: file["obs/label/codes"][()]),
    ("anndata_csr.h5ad", "/obs/label", lambda file: file["obs/label/codes"][()]),
    ("batch_groups.h5", None, labels_of_groups),
    ("epochs_f16_onehot.h5", None, lambda file: file["labels_onehot"][()].argmax(axis=1)),
    ("mat73_hdf5storage.mat", None, lambda file: file["labels"][0]),
    ("mat73_hdf5storage.mat", "/onehot", lambda file: file["onehot"][()].argmax(axis=0)),
    ("pandas_fixed.h5", None, lambda file: file["acts/block1_values"][:, 0]),
    ("pandas_table.h5", None, lambda file: file["acts/table"]["values_block_1"][:, 0]),
    (
        "pandas_table.h5",
        "/acts/table[values_block_1]",
        lambda file: file["acts/table"]["values_block_1"][:, 0],
    ),
    ("pynwb_units.nwb", None, lambda file: file["intervals/trials/label"].asstr()[()]),
    ("xarray_h5netcdf.nc", None, lambda file: file["label"].asstr()[()]),
]


@pytest.mark.parametrize(("name", "labels", "values"), LABELS)
def test_labels_are_those_of_the_file(shared, name, labels, values):
    path = shared(f"samples/{name}")
    with h5py.File(path) as file:
        y = np.unique(values(file), return_inverse=True)[1]
    with infolens.open(path) as dump:
        layer = dump.layers[0]
        x = dump.read(layer, reduction="flatten")
        found = dump.neuron_measures(layer, quantizer=infolens.uniform(5), labels=labels)
        expected = infolens.neuron_measures(x, y, quantizer=infolens.uniform(5))
        for column in ("entropy", "mutual_information", "kl_selectivity"):
            assert np.array_equal(found[column], expected[column])


def counts(file, starts, stops):
    times = file["units/spike_times"][()]
    units = np.split(times, file["units/spike_times_index"][:-1])
    pairs = list(zip(starts, stops, strict=True))
    return np.array([[((t >= a) & (t < b)).sum() for t in units] for a, b in pairs])


def test_spikes_are_counted_in_trials_and_bins(shared):
    path = shared("samples/pynwb_units.nwb")
    with h5py.File(path) as file:
        starts = file["intervals/trials/start_time"][()]
        stops = file["intervals/trials/stop_time"][()]
        labels = file["intervals/trials/label"].asstr()[()]
        trials = counts(file, starts, stops)
        edges = np.arange(starts.min(), stops.max() + 0.25, 0.25)
        bins = counts(file, edges[:-1], edges[1:])
    with infolens.open(path) as dump:
        assert np.array_equal(dump.read("units"), trials)
    middles = (edges[:-1] + edges[1:]) / 2
    inside = (middles[:, None] >= starts) & (middles[:, None] < stops)
    y = np.where(inside.any(axis=1), labels[inside.argmax(axis=1)], "")
    with infolens.open(path, bin_width=0.25) as dump:
        assert np.array_equal(dump.read("units"), bins)
        left = dump.neuron_measures("units", missing_labels="exclude")
        kept = y != ""
        codes = np.unique(y[kept], return_inverse=True)[1]
        expected = infolens.neuron_measures(bins[kept], codes)
        assert np.array_equal(left["mutual_information"], expected["mutual_information"])
    with pytest.raises(infolens.ArgumentError, match="bin_width"):
        infolens.open(path, bin_width=0)
