// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import TestSupport
import Testing

@testable import InformationTheory

@Suite("O-information as other software has it", .enabled(if: ReferenceValues.areThere))
struct PeerOInformationTests {
    private func correlation(_ rows: [[Double]]) throws -> SymmetricMatrix {
        try SymmetricMatrix(
            rows: rows.indices.map { i in
                rows.indices.map { i == $0 ? 1 : rows[i][$0] / (rows[i][i] * rows[$0][$0]).squareRoot() }
            })
    }

    private func joint(_ rows: [[Double]], samples: Int, isCorrected: Bool) throws -> GaussianJoint {
        GaussianJoint(
            label: .none, samples: samples, correlation: try correlation(rows), conditional: [], labelDimensions: 0,
            isCorrected: isCorrected, singular: GaussianJoint.defaultSingular)
    }

    private func values(
        _ multiplets: [[Int]], _ joint: GaussianJoint, _ request: MultipletRequest = MultipletRequest()
    ) throws -> [MultipletValues] {
        try evaluate(MultipletList(multiplets), of: joint, request, run: run()).compactMap { outcome in
            if case .values(let values) = outcome { values } else { nil }
        }
    }

    /// A d × d matrix that is written in one row, or in rows.
    private func matrix(_ json: ReferenceValues.JSON, _ d: Int) -> [[Double]] {
        let flat = json.numbers
        return flat.isEmpty ? json.rows : (0..<d).map { Array(flat[$0 * d..<($0 + 1) * d]) }
    }

    @Test("HOI, THOI and the oracle at every order, corrected or not")
    func everyOrder() throws {
        let cases = try ReferenceValues.object("reference_peers.json", "gc_hoi", "cases")
        #expect(cases.keys.count == 4)
        for name in cases.keys {
            let entry = cases[name]
            let (d, samples) = (Int(entry["d"].number), Int(entry["N"].number))
            let rows = matrix(entry["gc_covariance"], d)
            for order in entry["orders"].keys {
                let reference = entry["orders"][order]
                for (kind, isCorrected) in [("raw", false), ("bc", true)] {
                    let found = try values(
                        reference["multiplets"].integers, joint(rows, samples: samples, isCorrected: isCorrected))
                    func check(_ peer: String, _ unit: Double, _ tolerance: Double) {
                        let expected = reference["\(peer)_\(kind)_\(unit == 1 ? "nats" : "bits")"].rows
                        #expect(expected.count == found.count)
                        let worst = zip(expected, found).reduce(0.0) { worst, pair in
                            let (peer, own) = pair
                            let mine = [
                                own.totalCorrelation, own.dualTotalCorrelation, own.oInformation, own.sInformation,
                            ]
                            return zip(peer, mine).reduce(worst) { max($0, abs($1.0 - $1.1 / unit)) }
                        }
                        #expect(worst < tolerance, "\(name), order \(order), \(peer) \(kind): \(worst)")
                    }
                    check("oracle", 1, 1e-9)
                    check("thoi", 1, 1e-9)
                    // float32, of entropies up to 8 × 2 bits.
                    check("hoi", log(2), 16e-6)
                }
            }
        }
    }

    @Test("HOI about a target: gradient, redundancy–synergy index, and all interactions")
    func target() throws {
        let reference = try ReferenceValues.object("reference_peers.json", "hoi_target")
        let x = try ReferenceValues.doubles(reference["X"]["file"].text)
        let y = try ReferenceValues.doubles(reference["y"]["file"].text)
        let columns = (0..<4).map { j in stride(from: j, to: x.count, by: 4).map { x[$0] } } + [y]
        let scores = columns.map { column -> [Double] in
            var scores = column
            for (rank, index) in column.indices.sorted(by: { column[$0] < column[$1] }).enumerated() {
                scores[index] = normalQuantile(Double(rank + 1) / Double(column.count + 1))
            }
            return scores
        }
        let rows = covariance(scores)
        let multiplets = reference["multiplets_2_4"].integers
        let withTarget = multiplets.map { $0 + [4] }
        // HOI corrects the entropies of the gradient and not those of the index.
        let raw = try values(
            withTarget, joint(rows, samples: y.count, isCorrected: false),
            MultipletRequest(target: .neuron(4), unit: .bits))
        let corrected = try values(
            withTarget, joint(rows, samples: y.count, isCorrected: true), MultipletRequest(gradient: true, unit: .bits))
        let tolerance = 2e-5
        for (index, expected) in reference["rsi_bits"].numbers.enumerated() {
            #expect(abs(raw[index].redundancySynergy - expected) < tolerance, "\(multiplets[index])")
        }
        for (index, expected) in reference["grad_oinfo_bits"].numbers.enumerated() {
            #expect(abs((corrected[index].gradient.last ?? .nan) - expected) < tolerance, "\(multiplets[index])")
        }
        let groups = (2...4).flatMap { combinations(4, $0) }
        let interactions = try values(
            groups, joint(rows, samples: y.count, isCorrected: true), MultipletRequest(interaction: true, unit: .bits))
        for (found, expected) in zip(interactions, reference["infotopo_bits"].numbers.dropFirst(4)) {
            #expect(abs(found.interaction - expected) < tolerance)
        }
    }
}
