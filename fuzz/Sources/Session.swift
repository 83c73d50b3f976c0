// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import Glibc
import InfoLens

/// Values of a column.
enum TableValues {
    case doubles([Double])
    case integers([Int64])
    case strings([String])
}

/// A context, and everything made with it in the order of making, until `end()`.
///
/// Results are held to the promises of infolens.h: a status that is known, an error text after a failure, something
/// in the output after success.
final class Session {
    /// Seconds after which a call is asked to stop: files and options may well ask for work without end.
    private static let patience = 2.0

    private(set) var context: OpaquePointer?
    private var handles: [OpaquePointer] = []
    private var memory: [UnsafeMutableRawPointer] = []
    fileprivate var deadline = 0.0

    /// - Parameter memory: bytes of working memory for a call
    init(memory: UInt64 = 8 << 20, threads: Int32 = 1) {
        var options = il_context_options()
        il_context_options_init(&options, UInt32(MemoryLayout<il_context_options>.size))
        options.threads = threads
        options.memory = memory
        options.progress = { user, stage, done, total in
            check(stage != nil && done >= 0 && done <= total && total > 0, "progress: \(done) of \(total)")
            guard let user else { return 0 }
            return now() > Unmanaged<Session>.fromOpaque(user).takeUnretainedValue().deadline ? 1 : 0
        }
        options.progress_user = Unmanaged.passUnretained(self).toOpaque()
        check(il_context_new(&options, &context) == IL_OK, "no context")
    }

    func end() {
        for handle in handles.reversed() { free(handle: handle) }
        il_context_free(context)
        memory.forEach { Glibc.free($0) }
    }

    /// What the last call said.
    var error: String { String(cString: il_last_error()) }

    /// Gives a call time from now on.
    func begin() { deadline = now() + Self.patience }

    /// Checks a status and the text that belongs to it.
    @discardableResult
    func status(_ status: il_status) -> Bool {
        if status == IL_OK { return true }
        check((1...11).contains(status), "status \(status) is unknown")
        check(status != IL_ERROR_INTERNAL, "a defect by its own account: \(error)")
        let text = il_last_error().map { UnsafeBufferPointer(start: $0, count: strlen($0)) }
        let isText = text.map { String(validating: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self) != nil } ?? false
        check(isText && text?.isEmpty == false, "an error without a text")
        return false
    }

    /// What `make` made, kept until the end; nil if it failed. Cancelled searches make a table all the same.
    @discardableResult
    func made(
        _ make: (_ context: OpaquePointer?, _ output: UnsafeMutablePointer<OpaquePointer?>) -> il_status
    ) -> OpaquePointer? {
        begin()
        var handle: OpaquePointer?
        let result = make(context, &handle)
        if let handle { handles.append(handle) }
        check(status(result) ? handle != nil : handle == nil || result == IL_ERROR_CANCELLED, "output against status")
        return handle
    }

    /// A table of these columns.
    func table(
        _ columns: [(name: String, values: TableValues)], rows: Int, metadata: [(key: String, value: String)]
    ) -> OpaquePointer? {
        let entries = columns.map { column in
            let (values, type): (UnsafeRawPointer?, Int) =
                switch column.values {
                case .doubles(let values): (UnsafeRawPointer(copy(values)), IL_COLUMN_DOUBLE)
                case .integers(let values): (UnsafeRawPointer(copy(values)), IL_COLUMN_INTEGER)
                case .strings(let texts): (UnsafeRawPointer(copy(texts.map { text($0) })), IL_COLUMN_STRING)
                }
            return il_column(
                name: text(column.name), unit: nil, description: nil, values: values, type: Int32(type), reserved: 0)
        }
        let pairs = metadata.map { il_metadata(key: text($0.key), value: text($0.value)) }
        return made { _, output in
            il_table_new(entries, Int64(entries.count), Int64(rows), pairs, Int64(pairs.count), output)
        }
    }

    // MARK: Memory of the caller

    /// A copy in memory of exactly its size, so that reading beyond is seen.
    func copy<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutablePointer<T> {
        let memory = bytes(values.count * MemoryLayout<T>.stride).assumingMemoryBound(to: T.self)
        values.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { memory.initialize(from: base, count: values.count) }
        }
        return memory
    }

    func text(_ text: String) -> UnsafePointer<CChar> { UnsafePointer(copy(Array(text.utf8CString))) }

    func bytes(_ count: Int) -> UnsafeMutableRawPointer {
        guard let memory = malloc(count) else { fail("no memory for an input") }
        self.memory.append(memory)
        return memory
    }

    /// Frees whatever kind of handle it is; of another kind it is left alone, which is tried too.
    func free(handle: OpaquePointer?) {
        il_table_free(handle)
        il_joint_free(handle)
        il_accumulator_free(handle)
        il_network_free(handle)
        il_source_free(handle)
        il_dump_free(handle)
    }
}

private func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
