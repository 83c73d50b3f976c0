// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels
import Testing

@testable import Activations

@Suite("Counts of spikes")
struct SpikeCountsTests {
    let folder = TemporaryFolder()

    private func counts(
        _ name: String, times: [Double], ends: [UInt64], trials: [(Double, Double)]? = nil, width: Double? = nil,
        memory: Int = 1 << 20
    ) throws(InfoLensError) -> any PlannedMatrix {
        let file = try FixtureFile(folder[name])
        try file.dataset("times", times, type: chdf5_native_double(), shape: [times.count])
        try file.dataset("ends", ends, type: chdf5_native_uint64(), shape: [ends.count])
        if let trials {
            try file.dataset("starts", trials.map(\.0), type: chdf5_native_double(), shape: [trials.count])
            try file.dataset("stops", trials.map(\.1), type: chdf5_native_double(), shape: [trials.count])
        }
        let place = SpikePlace(
            times: BytePath("/times"), ends: BytePath("/ends"), starts: trials == nil ? nil : BytePath("/starts"),
            stops: trials == nil ? nil : BytePath("/stops"))
        let dump = try file.dump()
        return try SpikeCounts(place, binWidth: width, in: dump.file, memory: memory).matrix(name: "units")
    }

    @Test("trials count the spikes from their start up to, and without, their stop, whatever the order")
    func trials() throws {
        // The third unit has no spikes, the last spike belongs to no unit; trials overlap, and one is empty.
        let matrix = try counts(
            "a.h5", times: [2.5, 0, 1, 3, 0.5, 1.5, 9, 2, 0], ends: [6, 8, 8],
            trials: [(1, 3), (0, 1), (0.5, 2.5), (2, 2), (-5, -4)])
        #expect(matrix.samples == 5 && matrix.neurons == 3 && matrix.element == .float32)
        let expected: [Double] = [3, 1, 0, 2, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0]
        for block in 1...5 { #expect(try values(of: matrix, block: block) == expected) }
    }

    @Test("bins are half open and reach from the first trial to the last, or from the first spike to the last")
    func bins() throws {
        let times = [0, 0.25, 0.5, 0.999, 1, 1.5, 2.0]
        let trials = try counts("a.h5", times: times, ends: [7], trials: [(0.5, 1), (0, 0.25), (1, 2)], width: 0.5)
        #expect(try values(of: trials, block: 9) == [2, 2, 1, 1])
        let spikes = try counts("b.h5", times: times, ends: [7], width: 0.5)
        #expect(try values(of: spikes, block: 9) == [2, 2, 1, 1, 1])
        let one = try counts("c.h5", times: [3, 3], ends: [1, 2], width: 10)
        #expect(try values(of: one, block: 9) == [1, 1])
    }

    @Test("bins whose edges round are those that their edges say")
    func rounding() throws {
        // 0.1 · k rounds up and down: each spike on an edge belongs to the bin that begins there.
        let times = (0..<1000).map { 0.7 + Double($0) * 0.1 }
        let matrix = try counts("a.h5", times: times, ends: [1000], width: 0.1)
        let isOneEach = try values(of: matrix, block: 100).allSatisfy { $0 == 1 }
        #expect(isOneEach && matrix.samples == 1000)
    }

    @Test("lies about units, times, trials and widths are errors")
    func hostile() throws {
        func kind(
            _ name: String, times: [Double] = [0, 1, 2], ends: [UInt64] = [3], trials: [(Double, Double)]? = [(0, 2)],
            width: Double? = nil, memory: Int = 1 << 20
        ) -> InfoLensError.Kind? {
            failure { () throws(InfoLensError) in
                try counts(name, times: times, ends: ends, trials: trials, width: width, memory: memory)
            }?.kind
        }
        #expect(kind("0.h5") == nil)
        #expect(kind("1.h5", ends: [4]) == .format)
        #expect(kind("2.h5", ends: [2, 1]) == .format)
        #expect(kind("3.h5", ends: [.max]) == .format)
        #expect(kind("4.h5", times: [0, .nan, 1]) == .numeric)
        #expect(kind("5.h5", times: [0, .infinity, 1], trials: nil, width: 1) == .numeric)
        #expect(kind("6.h5", trials: [(2, 1)]) == .format)
        #expect(kind("7.h5", trials: [(.nan, 1)]) == .numeric)
        #expect(kind("8.h5", trials: nil) == .argument)
        #expect(kind("9.h5", width: 1e-300) == .argument)
        #expect(kind("10.h5", width: 1e-9) == .memory)
        #expect(kind("11.h5", trials: [(-1e308, 1e308)], width: 1e300) == .memory)
        #expect(kind("12.h5", trials: [(1e18, 1e18 + 512)], width: 1) == .argument)
        #expect(kind("13.h5", times: [-1.7e308, 1.7e308, 0], trials: [(-1e307, 1e307)], width: 1e306) == nil)
        #expect(kind("14.h5", trials: (0..<1000).map { (Double($0), 1e6) }, memory: 1 << 12) == .memory)
    }

    @Test("a bin has the label of the first trial in which its middle lies")
    func middles() {
        let trials = TimeBins.Trials(starts: [1, 0, 3, 2.5], stops: [2, 1.5, 3, 4])
        #expect(trials.trialOfBin(start: 0, width: 0.5, count: 10) == [1, 1, 0, 0, -1, 3, 3, 3, -1, -1])
        let many = TimeBins.Trials(
            starts: [Double](repeating: 0, count: 20000), stops: [Double](repeating: 1e5, count: 20000))
        #expect(many.trialOfBin(start: 0, width: 1, count: 100_000).allSatisfy { $0 == 0 })
    }

    @Test("units of a real file are counted as spike by spike")
    func nwb() throws {
        guard let path = SharedData.path("samples/pynwb_units.nwb") else { return }
        let place = SpikePlace(
            times: BytePath("/units/spike_times"), ends: BytePath("/units/spike_times_index"),
            starts: BytePath("/intervals/trials/start_time"), stops: BytePath("/intervals/trials/stop_time"))
        let file = try DumpFile(path: path).file
        let all = try ["/units/spike_times", "/intervals/trials/start_time", "/intervals/trials/stop_time"].map {
            try StoredVector(file, BytePath($0), memory: 1 << 20).doubles(limit: 1 << 20)
        }
        let ends = try StoredVector(file, place.ends, memory: 1 << 20).doubles(limit: 1 << 20).map { Int($0) }
        var expected: [Double] = []
        for trial in all[1].indices {
            for unit in ends.indices {
                let own = all[0][(unit == 0 ? 0 : ends[unit - 1])..<ends[unit]]
                expected.append(Double(own.count { $0 >= all[1][trial] && $0 < all[2][trial] }))
            }
        }
        let trials = try SpikeCounts(place, binWidth: nil, in: file, memory: 1 << 20).matrix(name: "units")
        #expect(trials.samples == 20 && trials.neurons == 6)
        #expect(try values(of: trials, block: 7) == expected)
    }
}
