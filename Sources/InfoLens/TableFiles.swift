// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import Kernels

@c @implementation
public func il_table_write_csv(_ table: OpaquePointer!, _ path: UnsafePointer<CChar>!) -> il_status {
    guarded { () throws(InfoLensError) in
        let table = try Handles.object(table, TableHandle.self, argument: "table").table
        let file = try ReplacingFile(path: path)
        try table.writeCSV { (block) throws(InfoLensError) in try file.write(block) }
        try file.commit()
    }
}

@c @implementation
public func il_table_write_json(_ table: OpaquePointer!, _ path: UnsafePointer<CChar>!) -> il_status {
    guarded { () throws(InfoLensError) in
        let table = try Handles.object(table, TableHandle.self, argument: "table").table
        let file = try ReplacingFile(path: path)
        try table.writeJSON { (block) throws(InfoLensError) in try file.write(block) }
        try file.commit()
    }
}
