// SPDX-License-Identifier: Apache-2.0
import Kernels

/// netCDF-4, as xarray writes it: variables over named dimensions, with coordinates along them. A coordinate `layer`
/// says of each neuron which layer it is of; one of a label's name, the class of each sample.
enum NetCDFLayout: Layout {
    private static let maximumCoordinates = 16
    /// Datasets that are asked for their dimensions before the file is taken for another's.
    private static let asked = 8
    private static let layerNames: Set = ["layer", "layers", "layer_name"]

    static func recognise(_ contents: FileContents) -> Recognition? {
        guard
            contents.hasAttribute("_NCProperties", of: BytePath("/"))
                || contents.datasets.prefix(asked).contains(where: {
                    contents.hasAttribute("_Netcdf4Dimid", of: $0.path)
                        || contents.hasAttribute("DIMENSION_LIST", of: $0.path)
                })
        else { return nil }
        var recognition = Recognition()
        for dataset in contents.datasets where dataset.shape.count == 1 && !dataset.isText {
            if contents.text("CLASS", of: dataset.path) == "DIMENSION_SCALE" {
                recognition.mark(dataset, "netCDF: a dimension")
            }
        }
        let found = ActivationSearch(contents)
        let variables = found.matrices.map { Variable($0, contents) }
        let layers = contents.datasets.filter { layerNames.contains($0.name.lowercased()) && $0.isText }
            .prefix(maximumCoordinates).map { (dataset: $0, axis: Axis(ofCoordinate: $0, contents)) }
        for layer in layers { recognition.mark(layer.dataset, "netCDF: the layer of each neuron") }
        // What lies along the neurons is no label, be there as many neurons as samples.
        let coordinates = contents.datasets.filter { $0.shape.count == 1 && !layerNames.contains($0.name.lowercased()) }
            .compactMap { LabelCandidate($0) }
        let first = AxisSet(variables.map(\.first))
        let last = AxisSet(variables.map(\.last))
        recognition.candidates = coordinates.filter { first.contains(contents.axis(of: $0)) }
        var choice = LabelSearch.choose(recognition.candidates)
        if recognition.candidates.isEmpty {
            recognition.candidates = coordinates.filter {
                $0.label.isUsualOrSimilar && last.contains(contents.axis(of: $0))
            }
            choice = LabelSearch.choose(recognition.candidates)
        }
        if let choice { recognition.labels = Recognition.Labels(choice, of: "netCDF") }

        let axis = choice.flatMap { contents.axis(of: $0.candidate) } ?? first.only
        var taken: [(variable: Variable, samplesAreLast: Bool)] = []
        for variable in variables {
            if let axis, axis.fits(variable.first) {
                taken.append((variable, false))
            } else if let axis, axis.fits(variable.last), choice != nil {
                taken.append((variable, true))
            } else {
                recognition.mark(
                    variable.matrix.dataset,
                    choice == nil
                        ? "netCDF: without labels, variables of different dimensions must be named by path"
                        : "netCDF: not along the dimension of the labels")
            }
        }
        let names = LayerNaming.names(of: taken.map(\.variable.matrix.dataset.names))
        for (name, (variable, samplesAreLast)) in zip(names, taken) {
            let neurons = samplesAreLast ? variable.first : variable.last
            let layer = layers.first { $0.axis?.fits(neurons) ?? false }?.dataset
            recognition.add(
                variable.matrix, samplesAreLast: samplesAreLast, name: name, isAlone: taken.count == 1,
                layers: layer.flatMap { contents.texts(of: $0) })
        }
        recognition.add(found.marks)
        return recognition
    }

    /// A matrix between its first and its last axis.
    private struct Variable {
        let matrix: FoundMatrix
        let first: Axis
        let last: Axis

        init(_ matrix: FoundMatrix, _ contents: FileContents) {
            self.matrix = matrix
            let rank = matrix.shape.count
            let dimensions = contents.integers("_Netcdf4Coordinates", of: matrix.dataset.path)
                .flatMap { $0.count == rank ? $0 : nil }
            first = Axis(length: matrix.shape[0], dimension: dimensions?[0])
            last = Axis(length: matrix.shape[rank - 1], dimension: dimensions?[rank - 1])
        }
    }

    /// An axis, with the number of its dimension where the file tells it.
    fileprivate struct Axis: Hashable {
        let length: Int
        let dimension: Int?

        init(length: Int, dimension: Int?) {
            self.length = length
            self.dimension = dimension
        }

        /// nil for what is no coordinate along one axis.
        init?(ofCoordinate coordinate: ListedDataset, _ contents: FileContents) {
            guard coordinate.shape.count == 1 else { return nil }
            let own =
                contents.integers("_Netcdf4Coordinates", of: coordinate.path)
                ?? contents.integers("_Netcdf4Dimid", of: coordinate.path)
            self.init(length: coordinate.shape[0], dimension: own?.only)
        }

        func fits(_ other: Axis) -> Bool {
            length == other.length && (dimension == nil || other.dimension == nil || dimension == other.dimension)
        }
    }

    private struct AxisSet {
        private let axes: Set<Axis>
        private let lengths: Set<Int>

        init(_ axes: [Axis]) {
            self.axes = Set(axes)
            lengths = Set(axes.map(\.length))
        }

        /// Whether some axis fits this one.
        func contains(_ axis: Axis?) -> Bool {
            guard let axis else { return false }
            if axis.dimension == nil { return lengths.contains(axis.length) }
            return axes.contains(axis) || axes.contains(Axis(length: axis.length, dimension: nil))
        }

        var only: Axis? { axes.only }
    }
}

extension FileContents {
    fileprivate func axis(of candidate: LabelCandidate) -> NetCDFLayout.Axis? {
        candidate.place.path.flatMap { self[$0] }.flatMap { NetCDFLayout.Axis(ofCoordinate: $0, self) }
    }
}

extension Recognition {
    /// Most layers that a coordinate may tell apart.
    private static let maximumLayers = 4096

    /// Adds a variable as a layer, or as one for each value of its coordinate `layer`.
    fileprivate mutating func add(
        _ matrix: FoundMatrix, samplesAreLast: Bool, name: String, isAlone: Bool, layers coordinate: [String]?
    ) {
        var place = matrix.place
        place.samplesAreLast = samplesAreLast
        let shape = samplesAreLast ? matrix.shape.reversed() : matrix.shape
        let storage = LayerPlace.Storage.datasets([place])
        let stored = samplesAreLast ? "netCDF: samples along the last axis" : "netCDF"
        guard let coordinate, shape.count == 2, let parts = Self.columns(of: coordinate) else {
            layers.append(
                Layer(
                    place: LayerPlace(name: name, storage: storage), shape: shape, note: stored))
            return
        }
        for part in parts {
            let layer = isAlone ? part.name : "\(name)/\(part.name)"
            layers.append(
                Layer(
                    place: LayerPlace(
                        name: layer, storage: storage, columns: parts.count == 1 ? nil : part.columns),
                    shape: [shape[0], part.columns.count],
                    note: "\(stored): the columns whose coordinate 'layer' is '\(part.name)'",
                    order: Int64(layers.count)))
        }
    }

    /// The columns of each layer, in the order in which layers come first; nil where they have no names, or too many.
    private static func columns(of coordinate: [String]) -> [(name: String, columns: [Int])]? {
        var positions: [[UInt8]: Int] = [:]
        var parts: [(name: String, columns: [Int])] = []
        for (column, name) in coordinate.enumerated() {
            guard !name.isEmpty else { return nil }
            let key = Array(name.utf8)
            if let position = positions[key] {
                parts[position].columns.append(column)
            } else {
                guard parts.count < maximumLayers else { return nil }
                positions[key] = parts.count
                parts.append((name, [column]))
            }
        }
        return parts
    }
}
