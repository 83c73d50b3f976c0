// SPDX-License-Identifier: Apache-2.0
import Glibc
import InformationTheory
import TestSupport
import Testing

@testable import Ablation

/// Plug-in entropy and information in nats of a neuron that is on in `on[c]` of `classes[c]` samples.
private func measures(on: [Int], classes: [Int]) -> (entropy: Double, information: Double) {
    func entropy(_ on: Int, of samples: Int) -> Double {
        [on, samples - on].filter { $0 > 0 }.reduce(0) {
            $0 - Double($1) / Double(samples) * log(Double($1) / Double(samples))
        }
    }
    let samples = classes.reduce(0, +)
    let total = entropy(on.reduce(0, +), of: samples)
    let conditional = zip(on, classes).reduce(0) { $0 + Double($1.1) / Double(samples) * entropy($1.0, of: $1.1) }
    return (total, total - conditional)
}

@Suite struct InactiveNeurons {
    @Test("the bias in closed form")
    func bias() {
        #expect(informationBias(levels: 2, classes: 10, samples: 1400, unit: .nats) == 9 / 2800.0)
        #expect(informationBias(levels: 30, classes: 3, samples: 100, unit: .bits) == 58 / 200.0 / log(2))
        #expect(informationBias(levels: 1, classes: 9, samples: 10, unit: .bits) == 0)
        #expect(informationBias(levels: 9, classes: 1, samples: 10, unit: .bits) == 0)
        #expect(informationBias(levels: 0, classes: 0, samples: 0, unit: .nats) == 0)
        #expect(informationBias(levels: .max, classes: .max, samples: 1, unit: .nats).isFinite)
    }

    @Test("below twice the bias is inactive, the bound itself is not, in either unit")
    func bound() {
        for unit in [Logarithm.bits, .nats] {
            let bias = informationBias(levels: 2, classes: 10, samples: 1400, unit: unit)
            func inactive(_ entropy: Double, _ information: Double) -> Bool {
                isInactive(
                    entropy: entropy, information: information, levels: 2, classes: 10, samples: 1400, unit: unit)
            }
            #expect(inactive(1, 0) && inactive(1, bias) && inactive(1, (2 * bias).nextDown))
            #expect(!inactive(1, 2 * bias) && !inactive(1, 1))
            #expect(inactive(0, 0) && !inactive(.nan, .nan))
        }
    }

    @Test("a single class leaves only constant neurons inactive")
    func singleClass() {
        #expect(!isInactive(entropy: 0.5, information: 0, levels: 2, classes: 1, samples: 9, unit: .bits))
        #expect(isInactive(entropy: 0, information: 0, levels: 1, classes: 1, samples: 9, unit: .bits))
    }

    @Test("a neuron that is on for a handful of samples tells nothing until they agree")
    func rareNeurons() {
        let classes = [Int](repeating: 140, count: 10)
        func inactive(_ on: [Int]) -> Bool {
            let on = on + [Int](repeating: 0, count: 10 - on.count)
            let (entropy, information) = measures(on: on, classes: classes)
            return isInactive(
                entropy: entropy, information: information, levels: 2, classes: 10, samples: 1400, unit: .nats)
        }
        // n samples of one class of ten tell about (n/N) log 10 nats; twice the bias is 9/N, as much as that of 3.9.
        #expect(inactive([]) && inactive([1]) && inactive([3]) && inactive([1, 1, 1]))
        #expect(!inactive([4]) && !inactive([5]) && !inactive([70, 20]))
    }

    @Test("unrelated neurons are mostly inactive, related ones are not")
    func chance() {
        var generator = FixedGenerator(seed: 4)
        let classes = [Int](repeating: 200, count: 5)
        var inactive = 0
        for _ in 0..<400 {
            let on = classes.map { count in
                (0..<count).reduce(0) { sum, _ in sum + Int.random(in: 0...1, using: &generator) }
            }
            let (entropy, information) = measures(on: on, classes: classes)
            inactive +=
                isInactive(
                    entropy: entropy, information: information, levels: 2, classes: 5, samples: 1000, unit: .nats)
                ? 1 : 0
        }
        // 2 N I is χ² of 4 degrees of freedom, below 8 with probability 1 − 5 e⁻⁴ = 0.908; five standard deviations
        // of the count are 29.
        #expect(abs(inactive - 363) < 29)
    }
}
