// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// No unsafe flags here, so that other packages can depend on this one. The
// flags of the shipped library (static Swift runtime, exported symbols,
// SONAME) are given by the Makefile, which is how to build it.
let package = Package(
    name: "infolens",
    products: [
        .library(name: "infolens", type: .dynamic, targets: ["InfoLens"])
    ],
    targets: [
        .systemLibrary(name: "CInfoLens", path: "include"),
        .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
        .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .target(name: "CNumerics", linkerSettings: [.linkedLibrary("m")]),
        .target(name: "CProcesses"),
        .target(name: "Kernels", dependencies: ["CNumerics"]),
        .target(name: "Multiplets", dependencies: ["Kernels"]),
        .target(name: "InformationTheory", dependencies: ["CNumerics", "Kernels", "Multiplets"]),
        .target(name: "Tables"),
        .target(name: "Activations", dependencies: ["CDeflate", "CHDF5", "CNumerics", "CProcesses", "Kernels"]),
        .target(name: "Ablation", dependencies: ["CNumerics", "InformationTheory", "Kernels"]),
        .target(
            name: "InfoLens",
            dependencies: [
                "CInfoLens", "CNumerics", "Ablation", "Activations", "InformationTheory", "Kernels", "Multiplets",
                "Tables",
            ]),
        .target(name: "TestSupport", dependencies: ["CNumerics", "Kernels"], path: "Tests/Support"),
        .testTarget(name: "KernelsTests", dependencies: ["CNumerics", "Kernels", "TestSupport"]),
        .testTarget(name: "MultipletsTests", dependencies: ["Multiplets", "TestSupport"]),
        .testTarget(name: "InformationTheoryTests", dependencies: ["InformationTheory", "Multiplets", "TestSupport"]),
        .testTarget(name: "AblationTests", dependencies: ["Ablation", "CNumerics", "TestSupport"]),
        .testTarget(name: "TablesTests", dependencies: ["Tables"]),
        .testTarget(
            name: "ActivationsTests", dependencies: ["Activations", "CHDF5", "CNumerics", "CProcesses", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)

// The short form of `make sanitize` builds what has threads and reads files, and the tests of that.
if Context.environment["INFOLENS_READERS_ONLY"] != nil {
    let others: Set = [
        "CInfoLens", "Multiplets", "InformationTheory", "Tables", "Ablation", "InfoLens", "MultipletsTests",
        "InformationTheoryTests", "AblationTests", "TablesTests",
    ]
    package.products = []
    package.targets.removeAll { others.contains($0.name) }
}

// The fuzzers want flags that only a command line can give: `make fuzz` asks for them.
if Context.environment["INFOLENS_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "infolens-fuzz",
            dependencies: [
                "CDeflate", "CHDF5", "CInfoLens", "Activations", "InfoLens", "InformationTheory", "Kernels",
            ], path: "fuzz/Sources"))
}
