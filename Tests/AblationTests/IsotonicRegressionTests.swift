// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Ablation

@Suite struct IsotonicRegressions {
    @Test("values of scikit-learn's IsotonicRegression, whose ties are pooled too")
    func independentValues() {
        let x = [0.1, 0.4, 0.4, 0.2, 0.9, 0.7, 0.3, 0.7, 0.7, 0.0]
        let y = [1, 3, 2, 2.5, 4, 6, 0.5, 5, 1, 1.5]
        #expect(isotonicRegression(x, y) == [1.25, 2.5, 2.5, 1.5, 4, 4, 1.5, 4, 4, 1.25])
    }

    @Test("what rises stays, what falls becomes its mean")
    func closedForms() {
        #expect(isotonicRegression([1, 2, 3], [-1, 0.1, 7]) == [-1, 0.1, 7])
        #expect(isotonicRegression([3, 2, 1], [1, 2, 6]) == [3, 3, 3])
        #expect(isotonicRegression([5, 5, 5], [1, 2, 6]) == [3, 3, 3])
        #expect(isotonicRegression([], []) == [] && isotonicRegression([2], [0.3]) == [0.3])
        // Not 0.1 + rounding.
        let constant = [Double](repeating: 0.1, count: 11)
        #expect(isotonicRegression(digits(11, seed: 1), constant) == constant)
    }

    @Test("what is not a number gives none")
    func undefined() {
        #expect(isotonicRegression([1, .nan], [1, 2]).allSatisfy { $0.isNaN })
        #expect(isotonicRegression([1, 2], [1, .infinity]).allSatisfy { $0.isNaN })
        #expect(isotonicRegression([1, 2], [1]).allSatisfy { $0.isNaN })
        #expect(isotonicRegression([-.infinity, .infinity], [1, 2]) == [1, 2])
    }

    /// max over a ≤ i of min over b ≥ i of the mean of points a … b: another way to the same function.
    private func maxMin(_ y: [Double]) -> [Double] {
        y.indices.map { i in
            (0...i).map { a in (i..<y.count).map { b in y[a...b].reduce(0, +) / Double(b - a + 1) }.min()! }.max()!
        }
    }

    @Test("the max-min formula gives the same", arguments: 1...10)
    func maxMinFormula(seed: UInt64) {
        let y = digits(30, seed: seed)
        let fitted = isotonicRegression(y.indices.map(Double.init), y)
        #expect(zip(fitted, maxMin(y)).allSatisfy { abs($0 - $1) < 1e-13 })
    }

    @Test("the function never falls, keeps the mean, and sees the order of x only", arguments: 1...20)
    func properties(seed: UInt64) {
        let (x, y) = (digits(80, seed: seed), digits(80, seed: seed + 50))
        let fitted = isotonicRegression(x, y)
        for (i, a) in x.enumerated() {
            #expect(x.indices.allSatisfy { x[$0] < a ? fitted[$0] <= fitted[i] : x[$0] > a || fitted[$0] == fitted[i] })
        }
        #expect(abs(fitted.reduce(0, +) - y.reduce(0, +)) < 1e-11)
        #expect(isotonicRegression(x.map { $0 * $0 + 1 }, y) == fitted)
        let again = isotonicRegression(x, fitted)
        #expect(again == fitted)
    }
}
