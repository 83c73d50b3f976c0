// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import Glibc
import Kernels
import Tables

/// A table behind an exported ArrowArrayStream, which holds this until it is released.
private final class TableStream {
    let table: Table
    var isRead = false
    /// About the last failed call, until the next call.
    private var failure: UnsafeMutablePointer<CChar>?

    init(_ table: Table) { self.table = table }

    deinit { free(failure) }

    var lastError: UnsafePointer<CChar>? { UnsafePointer(failure) }

    /// Runs a callback's body. - Returns: an errno, as the interface wants
    func answer(_ body: () throws(InfoLensError) -> Void) -> Int32 {
        free(failure)
        failure = nil
        do throws(InfoLensError) {
            try body()
            return 0
        } catch {
            failure = strdup(error.description)
            return error.kind == .memory ? ENOMEM : EINVAL
        }
    }

    static func behind(_ stream: UnsafeMutablePointer<ArrowArrayStream>?) -> TableStream? {
        stream?.pointee.private_data.map { Unmanaged<TableStream>.fromOpaque($0).takeUnretainedValue() }
    }

    func export(to pointer: UnsafeMutablePointer<ArrowArrayStream>) {
        var stream = ArrowArrayStream()
        stream.get_schema = { stream, output in
            guard let this = TableStream.behind(stream), let output else { return EINVAL }
            return this.answer { () throws(InfoLensError) in
                try ArrowNode<ArrowSchema>.schema(of: this.table).export(to: output)
            }
        }
        stream.get_next = { stream, output in
            guard let this = TableStream.behind(stream), let output else { return EINVAL }
            return this.answer { () throws(InfoLensError) in
                // A released array is the end of the stream.
                if this.isRead { return output.initialize(to: ArrowArray()) }
                try ArrowNode<ArrowArray>.array(of: this.table).export(to: output)
                this.isRead = true
            }
        }
        stream.get_last_error = { TableStream.behind($0)?.lastError }
        stream.release = { stream in
            guard let stream, let this = stream.pointee.private_data else { return }
            stream.pointee.private_data = nil
            stream.pointee.markReleased()
            Unmanaged<TableStream>.fromOpaque(this).release()
        }
        stream.private_data = Unmanaged.passRetained(self).toOpaque()
        pointer.initialize(to: stream)
    }
}

@c @implementation
public func il_table_export_arrow_stream(
    _ table: OpaquePointer!, _ stream: UnsafeMutablePointer<ArrowArrayStream>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let table = try Handles.object(table, TableHandle.self, argument: "table").table
        TableStream(table).export(to: try required(stream, "stream"))
    }
}
