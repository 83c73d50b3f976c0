// SPDX-License-Identifier: Apache-2.0
import InformationTheory
import Kernels

extension MultipletList {
    /// The multiplets that a caller lists, checked against a joint distribution.
    ///
    /// - Throws: `argument`, naming multiplet and place; `memory`
    static func make(
        _ neurons: UnsafePointer<Int64>?, _ orders: UnsafePointer<Int64>?, count: Int64, joint: Joint
    ) throws(InfoLensError) -> MultipletList {
        guard count > 0, count <= Int64(Int32.max) else {
            throw InfoLensError(
                .argument, "count: is \(count); give the number of multiplets, 1 to \(Int32.max)")
        }
        guard let orders else {
            throw InfoLensError(.argument, "orders: is NULL; pass the number of neurons of each multiplet")
        }
        guard let neurons else {
            throw InfoLensError(.argument, "neurons: is NULL; pass the neurons of all multiplets, one after the other")
        }
        let least = joint.hasLabel ? 1 : 2
        var total = 0
        for index in 0..<Int(count) {
            let order = orders[index]
            guard order >= least, order <= joint.width else {
                let reason = joint.hasLabel ? "beside the label" : "without a label"
                throw InfoLensError(
                    .argument,
                    """
                    orders[\(index)]: is \(order); a multiplet has at least \(least) neurons \(reason), and at most all \
                    \(joint.width) of the layer
                    """)
            }
            total += Int(order)
        }
        // Where the system has no such amount, that is an error here, and the end in an array.
        _ = try AlignedBuffer(byteCount: saturatingProduct(2, total, MemoryLayout<Int>.stride), cleared: false)
        var list: [Int] = []
        list.reserveCapacity(total)
        // The multiplet that had a neuron last.
        var seen = [Int](repeating: -1, count: joint.width)
        for index in 0..<Int(count) {
            for place in 0..<Int(orders[index]) {
                let neuron = neurons[list.count]
                guard neuron >= 0, neuron < joint.width else {
                    throw InfoLensError(
                        .argument,
                        """
                        multiplets[\(index)][\(place)]: there is no neuron \(neuron); the layer has \(joint.width), \
                        0 to \(joint.width - 1)
                        """)
                }
                guard seen[Int(neuron)] != index else {
                    throw InfoLensError(
                        .argument, "multiplets[\(index)][\(place)]: neuron \(neuron) comes twice; give each once")
                }
                seen[Int(neuron)] = index
                list.append(Int(neuron))
            }
        }
        return MultipletList(neurons: list, orders: (0..<Int(count)).map { Int(orders[$0]) })
    }
}
