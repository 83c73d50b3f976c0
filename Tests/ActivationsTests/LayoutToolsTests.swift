// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels
import Testing

@testable import Activations

@Suite("Layouts of tools")
struct LayoutToolsTests {
    let folder = TemporaryFolder()

    // MARK: AnnData

    private func annData(_ name: String) throws -> FixtureFile {
        let file = try FixtureFile(folder[name])
        try file.attribute("encoding-type", "anndata", of: "/")
        try file.texts("obs/_index", ["a", "b", "c", "d"])
        return file
    }

    private func categorical(_ file: FixtureFile, _ name: String) throws {
        try file.labels("obs/\(name)/codes", 4)
        try file.texts("obs/\(name)/categories", ["x", "y"])
    }

    private func sparse(_ file: FixtureFile, _ name: String, format: String) throws {
        try file.zeros("\(name)/data", 3)
        try file.integers("\(name)/indices", [0, 1, 0])
        try file.integers("\(name)/indptr", [0, 1, 2, 3, 3])
        try file.attribute("encoding-type", format, of: name)
        try file.attribute("shape", numbers: [4, 2], of: name)
    }

    @Test("AnnData: matrices with a row a sample are layers, the only categorical column is the labels")
    func annDataDense() throws {
        let file = try annData("dense.h5ad")
        try file.zeros("X", 4, 3)
        try file.zeros("layers/raw", 4, 3)
        try file.zeros("obsm/X", 4, 2)
        try file.zeros("obsm/short", 3, 2)
        try file.zeros("varm/PCs", 4, 2)
        try file.zeros("obs/score", 4)
        try file.labels("obs/n_counts", 4)
        try categorical(file, "cell_type")
        let dump = try file.dump()
        #expect(dump.places == ["X: /X", "raw: /layers/raw", "obsm/X: /obsm/X"])
        #expect(dump.labelSummary == "/obs/cell_type/codes of /obs/cell_type/categories")
        #expect(dump.entry("/obsm/short")?.role == "other")
        #expect(dump.roles == "labels 1, layer 3, other 5")
    }

    @Test("AnnData: of several categorical columns one of a usual name is the labels, otherwise they are candidates")
    func annDataCandidates() throws {
        let file = try annData("two.h5ad")
        try file.zeros("X", 4, 3)
        try categorical(file, "batch")
        try categorical(file, "cell_type")
        let dump = try file.dump()
        #expect(dump.labelSummary.isEmpty)
        #expect(dump.labelCandidates == ["/obs/batch", "/obs/cell_type"])
        #expect(dump.layout.labels(listedAs: "/obs/batch")?.summary == "/obs/batch/codes of /obs/batch/categories")

        let named = try annData("named.h5ad")
        try named.zeros("X", 4, 3)
        try categorical(named, "batch")
        try named.texts("obs/label", ["p", "q", "p", "q"])
        #expect(try named.dump().labelSummary == "/obs/label")
    }

    @Test("AnnData: rows of a sparse matrix are read, columns are refused with the way out")
    func annDataSparse() throws {
        let file = try annData("csr.h5ad")
        try sparse(file, "X", format: "csr_matrix")
        try sparse(file, "layers/columns", format: "csc_matrix")
        let dump = try file.dump()
        #expect(dump.places == ["X: /X/data sparse 4 × 2"])
        #expect(dump.entry("/X/data")?.shape == [4, 2])
        #expect(dump.entry("/X/indptr") == nil)
        let refused = try #require(dump.entry("/layers/columns/data"))
        #expect(refused.note.contains("adata.layers['columns'].tocsr()"))
        // Without the attribute the same paths are anybody's.
        let other = try FixtureFile(folder["other.h5"])
        try sparse(other, "X", format: "csr_matrix")
        #expect(try other.dump().places.isEmpty)
    }

    // MARK: MATLAB

    @Test("MATLAB: samples lie along the last axis, contents of cells are nothing")
    func matlab() throws {
        let file = try FixtureFile(folder["matlab.mat"])
        try file.zeros("act/fc1", 3, 4)
        try file.zeros("act/fc2", 2, 4)
        try file.zeros("rows", 4, 3)
        try file.zeros("other", 5, 6)
        try file.zeros("loss", 1, 9)
        try file.zeros("#refs#/a", 3, 4)
        try file.dataset("label", [1.0, 2, 1, 2], type: chdf5_ieee_f64(0), shape: [1, 4])
        try file.labels("onehot", 2, 4)
        try file.attribute("MATLAB_class", "single", of: "act/fc1")
        let dump = try file.dump()
        #expect(
            dump.places == ["act/fc1: /act/fc1 transposed", "act/fc2: /act/fc2 transposed", "rows: /rows"])
        #expect(dump.labelSummary == "/label")
        #expect(dump.entry("/act/fc1")?.shape == [4, 3])
        #expect(dump.entry("/other")?.note.contains("length 4") == true)
        #expect(dump.entry("/#refs#/a")?.note.contains("cell") == true)
    }

    @Test("MATLAB: one-hot columns are labels where there are no others")
    func matlabOneHot() throws {
        let file = try FixtureFile(folder["onehot.mat"])
        try file.zeros("act", 3, 4)
        try file.labels("onehot_labels", 2, 4)
        try file.attribute("MATLAB_class", "single", of: "act")
        let dump = try file.dump()
        #expect(dump.places == ["act: /act transposed"])
        #expect(dump.labelSummary == "/onehot_labels transposed")
    }

    // MARK: netCDF

    @Test("netCDF: a coordinate 'layer' tells the neurons of each layer")
    func netCDF() throws {
        let file = try FixtureFile(folder["layers.nc"])
        try file.attribute("_NCProperties", "version=2", of: "/")
        try file.zeros("activations", 4, 5)
        try file.texts("layer", ["fc1", "fc2", "fc1", "fc2", "fc2"])
        try file.texts("label", ["a", "b", "a", "b"])
        try file.texts("stimulus_id", ["1", "2", "3", "4"])
        try file.zeros("presentation", 4)
        try file.attribute("CLASS", "DIMENSION_SCALE", of: "presentation")
        let dump = try file.dump()
        #expect(
            dump.places == ["fc1: /activations columns 0…2 (2)", "fc2: /activations columns 1…4 (3)"])
        #expect(dump.entries.filter { $0.role == "layer" }.map(\.shape) == [[4, 2], [4, 3]])
        #expect(dump.labelSummary == "/label")
        #expect(dump.entry("/presentation")?.note == "netCDF: a dimension")
    }

    @Test("netCDF: dimensions tell rows from columns, whatever their lengths")
    func netCDFDimensions() throws {
        let file = try FixtureFile(folder["square.nc"])
        try file.attribute("_NCProperties", "version=2", of: "/")
        try file.zeros("activations", 4, 4)
        try file.attribute("_Netcdf4Coordinates", numbers: [7, 3], of: "activations")
        try file.texts("label", ["a", "b", "a", "b"])
        try file.attribute("_Netcdf4Coordinates", 3, of: "label")
        try file.texts("layer", ["x", "x", "y", "y"])
        try file.attribute("_Netcdf4Coordinates", 7, of: "layer")
        let dump = try file.dump()
        #expect(
            dump.places == [
                "x: /activations transposed columns 0…1 (2)", "y: /activations transposed columns 2…3 (2)",
            ])
        #expect(dump.labelSummary == "/label")
    }

    @Test("netCDF: what lies along the neurons is no label")
    func netCDFNeurons() throws {
        let file = try FixtureFile(folder["regions.nc"])
        try file.attribute("_NCProperties", "version=2", of: "/")
        try file.zeros("activations", 4, 5)
        try file.texts("region", ["V4", "V4", "IT", "IT", "IT"])
        try file.texts("image_id", ["1", "2", "3", "4"])
        let dump = try file.dump()
        #expect(dump.places == ["activations: /activations"])
        #expect(dump.labelSummary.isEmpty)
        #expect(dump.labelCandidates == ["/image_id"])
    }

    // MARK: Neurodata Without Borders

    private func spikes(_ file: FixtureFile, trials: Bool) throws {
        try file.attribute("nwb_version", "2.5.0", of: "/")
        try file.zeros("units/spike_times", 9)
        try file.integers("units/spike_times_index", [4, 9])
        guard trials else { return }
        try file.zeros("intervals/trials/start_time", 3)
        try file.zeros("intervals/trials/stop_time", 3)
        try file.labels("intervals/trials/id", 3)
    }

    @Test("NWB: spikes are counted by trial, whose columns can be labels")
    func nwb() throws {
        let file = try FixtureFile(folder["units.nwb"])
        try spikes(file, trials: true)
        try file.texts("intervals/trials/stimulus", ["a", "b", "a"])
        try file.zeros("acquisition/lfp/data", 50, 2)
        let dump = try file.dump()
        #expect(dump.layerNames == ["units"])
        #expect(dump.layout.layers.map(\.name) == ["units", "lfp"])
        #expect(dump.labelSummary == "/intervals/trials/stimulus by trial")
        #expect(dump.entry("/units/spike_times")?.shape == [3, 2])
        #expect(dump.entry("/acquisition/lfp/data")?.name == "lfp")
    }

    @Test("NWB: of several columns none is taken; without units, series of one length are layers")
    func nwbWithout() throws {
        let file = try FixtureFile(folder["columns.nwb"])
        try spikes(file, trials: true)
        try file.texts("intervals/trials/stimulus", ["a", "b", "a"])
        try file.texts("intervals/trials/choice", ["l", "r", "l"])
        let dump = try file.dump()
        #expect(dump.labelSummary.isEmpty)
        #expect(dump.labelCandidates == ["/intervals/trials/choice", "/intervals/trials/stimulus"])
        #expect(
            dump.layout.labels(listedAs: "/intervals/trials/choice")?.summary == "/intervals/trials/choice by trial")

        let series = try FixtureFile(folder["series.nwb"])
        try series.attribute("nwb_version", "2.5.0", of: "/")
        try series.zeros("acquisition/a/data", 5, 2)
        try series.zeros("acquisition/b/data", 5, 3)
        #expect(try series.dump().layerNames == ["a", "b"])

        let units = try FixtureFile(folder["alone.nwb"])
        try spikes(units, trials: false)
        #expect(try units.dump().layerNames == ["units"])
        #expect(try units.dump().entry("/units/spike_times")?.note.contains("bin_width") == true)
    }

    // MARK: pandas and tables

    @Test("pandas: blocks of floats are layers, a column of a usual name the labels")
    func pandasFixed() throws {
        let file = try FixtureFile(folder["fixed.h5"])
        for (block, names) in [("acts/block0", ["n0", "n1", "n2"]), ("acts/block1", ["trial", "Label"])] {
            try file.texts("\(block)_items", names, size: 5)
        }
        try file.zeros("acts/block0_values", 4, 3)
        try file.labels("acts/block1_values", 4, 2)
        try file.labels("acts/axis1", 4)
        let dump = try file.dump()
        #expect(dump.places == ["acts: /acts/block0_values"])
        #expect(dump.labelSummary == "/acts/block1_values[:, 1]")
        #expect(dump.layout.labels(listedAs: "/acts/trial")?.summary == "/acts/block1_values[:, 0]")
        #expect(dump.entry("/acts/axis1")?.role == "other")
    }

    @Test("pandas: labels can be a series of their own")
    func pandasSeries() throws {
        let file = try FixtureFile(folder["series.h5"])
        try file.texts("acts/block0_items", ["a", "b"], size: 1)
        try file.zeros("acts/block0_values", 4, 2)
        try file.labels("y/values", 4)
        try file.labels("y/index", 4)
        try file.attribute("pandas_type", "series", of: "y")
        let dump = try file.dump()
        #expect(dump.places == ["acts: /acts/block0_values"])
        #expect(dump.labelSummary == "/y/values")
    }

    @Test("pandas: a table's blocks are fields, named by an attribute")
    func pandasTable() throws {
        let file = try FixtureFile(folder["table.h5"])
        try file.table(
            "acts/table", rows: 4, .integers("index"), .floats("values_block_0", 3), .integers("values_block_1", 2))
        try file.attribute("pandas_type", "frame_table", of: "acts")
        try file.attribute("values_block_1_kind", "(lp0\nVtrial\np1\naVtarget\np2\na.", of: "acts/table")
        try file.labels("acts/_i_table/index/sorted", 4, 2)
        let dump = try file.dump()
        #expect(dump.places == ["acts: /acts/table[values_block_0]"])
        #expect(dump.labelSummary == "/acts/table[values_block_1][:, 1]")
        #expect(dump.entries.filter { $0.path == "/acts/table" }.map(\.role) == ["labels", "layer"])
        #expect(dump.entry("/acts/_i_table/index/sorted")?.role == "other")
    }

    @Test("names that Python pickled as text are read, others are none")
    func pickles() {
        #expect(PandasTable.pickledNames("(lp0\nVn0\np1\naVlabel\np2\na.") == ["n0", "label"])
        #expect(PandasTable.pickledNames("(lp0\nI5\naI-6\na.") == ["5", "-6"])
        #expect(PandasTable.pickledNames("(lp0\nV\\u03b1 a\np1\na.") == ["α a"])
        #expect(PandasTable.pickledNames("(lp0\nV\\u03\np1\na.") == ["\\u03"])
        #expect(PandasTable.pickledNames("(lp0\n.") == [])
        for text in ["", "\u{80}\u{4}", "cos\nsystem\n(S'true'\ntR.", "(lp0\ncos\nsystem\n(lp1\n."] {
            #expect(PandasTable.pickledNames(text) == nil)
        }
    }

    @Test("tables: arrays of floats are layers, integers can be labels")
    func tables() throws {
        let file = try FixtureFile(folder["records.h5"])
        try file.table("records", rows: 4, .floats("fc1", 3), .floats("loss"), .floats("fc2", 2), .integers("label"))
        try file.zeros("more", 4, 2)
        let dump = try file.dump()
        #expect(dump.layerNames == ["fc1", "fc2", "more"])
        #expect(dump.places.first == "fc1: /records[fc1]")
        #expect(dump.labelSummary == "/records[label]")

        // Labels of a plain matrix may lie in a table too.
        let plain = try FixtureFile(folder["meta.h5"])
        try plain.zeros("act", 4, 2)
        try plain.table("meta", rows: 4, .integers("id"), .integers("label"))
        #expect(try plain.dump().places == ["act: /act"])
        #expect(try plain.dump().labelSummary == "/meta[label]")
    }
}
