// SPDX-License-Identifier: Apache-2.0
import CProcesses
import Glibc
import Kernels

/// Where the program is that reads for this one, and the library that it loads, which is this one.
struct ReaderProgram {
    let path: BytePath
    let library: BytePath

    static let name = "infolens-reader"
    static let variable = "INFOLENS_READER"

    /// - Throws: `notFound` if there is no such program, with the places where it was looked for; `io` if it may not
    ///   be executed, or the library's file is gone.
    static func find() throws(InfoLensError) -> ReaderProgram {
        guard let loaded = cp_own_file().map({ BytePath($0) }) else {
            throw InfoLensError(.io, "isolate: the system does not tell which file this library was loaded from")
        }
        guard let library = loaded.canonical else {
            throw InfoLensError(
                .io,
                """
                isolate: the library's file '\(loaded.text)', which the reading process loads too, is not there any \
                more; start the program again
                """
            )
        }
        if let named = cp_environment(variable).map({ BytePath($0) }), !named.bytes.isEmpty {
            guard let problem = problem(of: named) else { return ReaderProgram(path: named, library: library) }
            throw InfoLensError(
                problem == ENOENT ? .notFound : .io,
                """
                isolate: the environment variable \(variable) names '\(named.text)', which cannot be executed \
                (\(systemReason(problem))); name the program \(name) there, or unset it
                """
            )
        }
        let places = places(loaded: loaded, library: library)
        for place in places {
            guard let problem = problem(of: place) else { return ReaderProgram(path: place, library: library) }
            guard problem == ENOENT else {
                throw InfoLensError(
                    .io,
                    "isolate: the program '\(place.text)' cannot be executed (\(systemReason(problem))); make it so")
            }
        }
        throw InfoLensError(
            .notFound,
            """
            isolate: the program \(name), which reads for this one, was looked for at \
            \(places.map { "'\($0.text)'" }.joined(separator: ", ")) and is not there; install it with the library, \
            or name it in the environment variable \(variable)
            """
        )
    }

    /// Beside the library, and where installations keep what is not to be called by people.
    static func places(loaded: BytePath, library: BytePath) -> [BytePath] {
        let folders = [loaded.directory, library.directory]
        return (folders[0] == folders[1] ? [folders[0]] : folders).flatMap { folder in
            ["", "infolens/", "../libexec/infolens/", "../lib/infolens/"].map { folder.appending(BytePath($0 + name)) }
        }
    }

    /// Why a file cannot be executed; nil if it can.
    private static func problem(of path: BytePath) -> Int32? {
        path.withCString { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return errno == ENOTDIR ? ENOENT : errno }
            guard status.st_mode & S_IFMT == S_IFREG else { return EACCES }
            return access(path, X_OK) == 0 ? nil : errno
        }
    }
}
