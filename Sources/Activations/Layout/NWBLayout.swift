// SPDX-License-Identifier: Apache-2.0

/// Neurodata Without Borders: the spikes of units are counted trial by trial, or in bins; what was acquired are time
/// series, a sample a time.
enum NWBLayout: Layout {
    static func recognise(_ contents: FileContents) -> Recognition? {
        guard contents.hasAttribute("nwb_version", of: BytePath("/")) else { return nil }
        var recognition = Recognition()
        let series = contents.datasets.filter(isSeries)
        let units = units(in: contents)
        if let units { recognition.add(units, isAlone: series.isEmpty, contents) }
        // What is recorded in trials and what is recorded in time has other samples.
        let isByTrial = recognition.layers.contains(where: \.isDefault)
        let samples = isByTrial ? nil : Set(series.compactMap(\.shape.first)).only
        for (dataset, name) in zip(series, LayerNaming.names(of: series.map(\.names))) {
            guard let length = dataset.shape.first, let place = contents.place(of: dataset) else { continue }
            var layer = Recognition.Layer(
                place: LayerPlace(
                    name: name == "units" && units != nil ? "acquisition/units" : name, storage: .datasets([place])),
                shape: dataset.shape, note: "NWB: a time series")
            if length != samples {
                layer.isDefault = false
                layer.note +=
                    " of \(length) samples; name it, with \(length) labels of its own, to use it as a layer"
            }
            recognition.layers.append(layer)
        }
        return recognition
    }

    private static func isSeries(_ dataset: ListedDataset) -> Bool {
        dataset.names.count == 3 && dataset.names[0] == "acquisition" && dataset.name == "data" && dataset.isFloat
            && dataset.shape.count >= 2
    }

    /// The spikes of a file, if it has any.
    private static func units(in contents: FileContents) -> SpikePlace? {
        guard let times = contents["/units/spike_times"], let ends = contents["/units/spike_times_index"],
            times.isNumber, times.shape.count == 1, ends.isInteger, ends.shape.count == 1
        else { return nil }
        let starts = contents["/intervals/trials/start_time"]
        let stops = contents["/intervals/trials/stop_time"]
        let haveTrials = starts.map { $0.isNumber && $0.shape.count == 1 && $0.shape == stops?.shape } ?? false
        return SpikePlace(
            times: times.path, ends: ends.path, starts: haveTrials ? starts?.path : nil,
            stops: haveTrials ? stops?.path : nil)
    }
}

extension Recognition {
    /// Adds the units as a layer, and the columns of trials as labels.
    ///
    /// - Parameter isAlone: whether nothing else can be a layer
    fileprivate mutating func add(_ units: SpikePlace, isAlone: Bool, _ contents: FileContents) {
        parts.insert(units.ends)
        let neurons = contents[units.ends]?.shape.first ?? 0
        let trials = units.starts.flatMap { contents[$0]?.shape.first }
        layers.append(
            Layer(
                place: LayerPlace(name: "units", storage: .spikes(units)), shape: [trials ?? 0, neurons],
                note: trials.map { "NWB: spikes of \(neurons) units, counted in \($0) trials, or in bins of bin_width" }
                    ?? "NWB: spikes of \(neurons) units; open the file with bin_width, the seconds of a bin",
                order: 0, isDefault: trials != nil || isAlone))
        guard let trials else { return }
        let columns = contents.datasets.filter {
            $0.names.count == 3 && $0.names.starts(with: ["intervals", "trials"]) && $0.shape == [trials]
                && $0.name != "id" && !$0.name.hasSuffix("_index")
        }
        candidates = columns.compactMap { column in
            guard let candidate = LabelCandidate(column) else { return nil }
            return LabelCandidate(
                name: candidate.name, place: .trials(column.path, spikes: units), count: trials, label: column.label)
        }
        if let choice = LabelSearch.choose(candidates) { labels = Labels(choice, of: "NWB") }
        for (path, what) in [(units.starts, "beginnings"), (units.stops, "ends")] {
            if let path { marks[path] = Mark(note: "NWB: \(what) of the trials") }
        }
    }
}
