// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import InformationTheory
import Kernels

@c @implementation
public func il_copula_normalize(
    _ context: OpaquePointer!, _ x: UnsafePointer<il_array>!, _ ties: Int32,
    _ normalized: UnsafeMutablePointer<Double>!, _ tied: UnsafeMutablePointer<Double>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let array = try ArrayMatrix(name: "x", array: try stridedArray(x, argument: "x"), reduction: .none)
        let matrix = try JoinedColumns([JoinedColumns.Part("x", array)])
        let rule = try TieRule.make(ties, seed: context.seed, argument: "ties")
        let output = try required(normalized, "normalized")
        let (samples, columns) = (matrix.samples, matrix.neurons)
        guard samples > 1 else {
            throw InfoLensError(.shape, "x: there is one sample; ranks need at least 2, along axis 0")
        }
        let units = saturatingProduct(samples, columns, ColumnScoring.unitsPerValue)
        try context.run(total: units) { (run) throws(InfoLensError) in
            run.enter(stage: "copula transform")
            try checkWidth(of: matrix, run: run)
            let counts = try AlignedBuffer(count: columns, of: Int.self)
            let values = counts.values(of: Int.self)
            try normalizeRows(of: matrix, ties: rule, run: run, into: output, tied: values) {
                () throws(InfoLensError) in try NormalScoreTable(samples: samples, run: run)
            }
            guard let tied else { return }
            for column in 0..<columns { tied[column] = Double(values[column]) / Double(samples) }
        }
    }
}
