// SPDX-License-Identifier: Apache-2.0
import Kernels

@testable import Activations

extension Target {
    /// Any text as JSON.
    static let json = Target(name: "json") { input in
        _ = parsed(input)
    }

    /// Descriptions of networks, as Keras files hold them.
    static let keras = Target(name: "keras") { input in
        guard let value = parsed(input), let configuration = KerasConfiguration(value) else { return }
        let stored = ["dense", "fc1", ""].map {
            WeightPlace(name: $0, convention: .keras, group: BytePath("/model_weights/\($0)"))
        }
        let places = configuration.places(stored)
        check(places.count <= configuration.layers.count + stored.count, "more layers than were described")
        for place in places { _ = place.description }
    }
}

private func parsed(_ input: UnsafeRawBufferPointer) -> JSONValue? {
    do throws(InfoLensError) {
        return try JSONValue(parsing: String(decoding: input, as: UTF8.self))
    } catch {
        check(error.kind == .format, error.description)
        return nil
    }
}
