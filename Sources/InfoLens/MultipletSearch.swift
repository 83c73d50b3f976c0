// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import Kernels

@c @implementation
public func il_search_options_init(_ options: UnsafeMutablePointer<il_search_options>!, _ structSize: UInt32)
    -> il_status
{ notYet() }

@c @implementation
public func il_search_count(
    _ context: OpaquePointer!, _ joint: OpaquePointer!, _ options: UnsafePointer<il_search_options>!,
    _ count: UnsafeMutablePointer<Int64>!, _ seconds: UnsafeMutablePointer<Double>!
) -> il_status { notYet() }

@c @implementation
public func il_search(
    _ context: OpaquePointer!, _ joint: OpaquePointer!, _ options: UnsafePointer<il_search_options>!,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { notYet() }

@c @implementation
public func il_search_merge(
    _ context: OpaquePointer!, _ tables: UnsafePointer<OpaquePointer?>!, _ count: Int64,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { notYet() }

@c @implementation
public func il_values_options_init(_ options: UnsafeMutablePointer<il_values_options>!, _ structSize: UInt32)
    -> il_status
{ notYet() }

@c @implementation
public func il_search_values(
    _ context: OpaquePointer!, _ joint: OpaquePointer!, _ options: UnsafePointer<il_search_options>!,
    _ output: UnsafePointer<il_values_options>!, _ histogram: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { notYet() }
