// SPDX-License-Identifier: Apache-2.0
import CInfoLens

private let version: StaticString = "0.1.0"

@c @implementation
public func il_abi_version() -> UInt32 { UInt32(IL_ABI_VERSION) }

@c @implementation
public func il_version() -> UnsafePointer<CChar>! {
    UnsafeRawPointer(version.utf8Start).assumingMemoryBound(to: CChar.self)
}
