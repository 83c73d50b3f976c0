// SPDX-License-Identifier: Apache-2.0
import CInfoLens

/// The library's version, also in the metadata of results.
let libraryVersion: StaticString = "0.1.0"

@c @implementation
public func il_abi_version() -> UInt32 { UInt32(IL_ABI_VERSION) }

@c @implementation
public func il_version() -> UnsafePointer<CChar>! { cText(libraryVersion) }
