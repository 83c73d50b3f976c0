// SPDX-License-Identifier: Apache-2.0
import Kernels
import Testing

@testable import Activations

/// What a file of the collection of layouts is to be taken for.
struct LayoutSample: CustomTestStringConvertible, Sendable {
    let file: String
    let layers: [String]
    let labels: String
    let roles: String
    var candidates: [String] = []
    /// Names that "every layer" leaves out.
    var others: [String] = []

    var testDescription: String { file }

    static let all: [LayoutSample] = [
        LayoutSample(
            file: "anndata_csr.h5ad", layers: ["X: /X/data sparse 200 × 32"],
            labels: "/obs/label/codes of /obs/label/categories", roles: "labels 1, layer 1, other 3"),
        LayoutSample(
            file: "anndata_dense.h5ad", layers: ["X: /X", "pre: /layers/pre", "X_fc2: /obsm/X_fc2"],
            labels: "/obs/label/codes of /obs/label/categories", roles: "labels 1, layer 3, other 3"),
        LayoutSample(
            file: "batch_groups.h5",
            layers: ["hidden_states: /sample_0/hidden_states … /sample_19/hidden_states (20) one each"],
            labels: "/sample_0/label … /sample_19/label (20)", roles: "labels 1, layer 1"),
        LayoutSample(
            file: "bf16_as_u16.h5", layers: ["act: /act as bfloat16"], labels: "/labels", roles: "labels 1, layer 1"),
        LayoutSample(file: "conv_NCHW.h5", layers: ["conv1: /conv1"], labels: "/targets", roles: "labels 1, layer 1"),
        LayoutSample(
            file: "epochs_f16_onehot.h5",
            layers: [0, 1, 10, 100].flatMap { n in
                ["fc1", "fc2"].map { "epochs/\(n)/\($0): /epoch_\(n)/\($0)" }
            }, labels: "/labels_onehot", roles: "labels 1, layer 8"),
        LayoutSample(
            file: "flat_layers_int.h5", layers: ["layer_0: /layer_0", "layer_1: /layer_1"], labels: "/labels",
            roles: "labels 1, layer 2"),
        LayoutSample(
            file: "hidden_NLD.h5", layers: ["hidden_states: /hidden_states"], labels: "/labels",
            roles: "labels 1, layer 1"),
        LayoutSample(file: "keras2_kernel0_SYNTHETIC.h5", layers: [], labels: "", roles: "weight 2, bias 2"),
        LayoutSample(file: "keras3.weights.h5", layers: [], labels: "", roles: "weight 3, bias 3, other 22"),
        LayoutSample(
            file: "keras3_activations_predict.h5", layers: ["fc1: /activations/fc1", "fc2: /activations/fc2"],
            labels: "/labels", roles: "labels 1, layer 2"),
        LayoutSample(
            file: "keras3_legacy_full_model.h5", layers: [], labels: "", roles: "weight 3, bias 3, other 22"),
        LayoutSample(
            file: "label_zoo.h5", layers: ["act: /act"], labels: "", roles: "layer 1, other 13",
            candidates: [
                "/y_N1", "/y_S", "/y_bool", "/y_enum", "/y_f4", "/y_int32", "/y_onehot", "/y_sparse_codes", "/y_u8",
                "/y_u64", "/y_vlen",
            ]),
        LayoutSample(
            file: "mat73_hdf5storage.mat",
            layers: ["act/fc1: /act/fc1 transposed", "act/fc2: /act/fc2 transposed", "features: /features transposed"],
            labels: "/labels", roles: "labels 1, layer 3, other 8"),
        LayoutSample(
            file: "net2brain_like_per_image.h5",
            layers: ["layer4: /image_000/layer4 … /image_009/layer4 (10) one each"], labels: "", roles: "layer 1"),
        LayoutSample(
            file: "pandas_fixed.h5", layers: ["acts: /acts/block0_values"], labels: "/acts/block1_values",
            roles: "labels 1, layer 1, other 4"),
        LayoutSample(
            file: "pandas_table.h5", layers: ["acts: /acts/table[values_block_0]"],
            labels: "/acts/table[values_block_1]", roles: "labels 1, layer 1, other 10"),
        LayoutSample(
            file: "pynwb_units.nwb",
            layers: [
                "units: /units/spike_times by /units/spike_times_index in trials", "acts: /acquisition/acts/data",
            ], labels: "/intervals/trials/label by trial", roles: "labels 1, layer 1, other 33", others: ["acts"]),
        LayoutSample(
            file: "pytables_blosc.h5", layers: ["act: /act", "stream: /stream"], labels: "/labels",
            roles: "labels 1, layer 2"),
        LayoutSample(
            file: "thingsvision_features.hdf5", layers: ["features: /features"], labels: "", roles: "layer 1"),
        LayoutSample(
            file: "thingsvision_split.hdf5", layers: ["features: /features_01 … /features_09 (9)"], labels: "",
            roles: "layer 1"),
        LayoutSample(
            file: "xarray_h5netcdf.nc", layers: ["fc1: /activations"], labels: "/label",
            roles: "labels 1, layer 1, other 5"),
        LayoutSample(
            file: "xarray_netcdf4.nc", layers: ["fc1: /activations"], labels: "/label",
            roles: "labels 1, layer 1, other 5"),
    ]
}

@Suite("Files that people's tools write", .enabled(if: SharedData.path("samples") != nil))
struct LayoutSamplesTests {
    @Test("each is taken for what it is", arguments: LayoutSample.all)
    func sample(_ sample: LayoutSample) throws {
        let dump = try DumpFile(path: #require(SharedData.path("samples/\(sample.file)")))
        #expect(dump.places == sample.layers)
        #expect(dump.labelSummary == sample.labels)
        #expect(dump.roles == sample.roles)
        #expect(dump.labelCandidates == sample.candidates)
        let names = dump.layout.layers.map(\.name)
        #expect(dump.layerNames == names.filter { !sample.others.contains($0) })
        #expect(dump.entries.filter { $0.role == "layer" || $0.role == "labels" }.allSatisfy { !$0.note.isEmpty })
    }
}
