// SPDX-License-Identifier: Apache-2.0
import CHDF5

/// What the elements of a dataset are, and how they become numbers or text.
enum StoredType: Equatable, Sendable {
    /// Read as stored and decoded by our own conversions.
    case numeric(Encoding)
    /// A number of unusual layout, which HDF5 converts to this type.
    case converted(DType, name: String)
    /// Text of this many bytes; nil for variable length.
    case string(size: Int?, padding: UInt8)
    /// Nothing that a neuron or a label could be: the class's name.
    case other(String)

    /// As numpy names it, or what it is instead.
    var name: String {
        switch self {
        case .numeric(let encoding): encoding.dtype.name
        case .converted(_, let name): name
        case .string: "string"
        case .other(let name): name
        }
    }

    /// How elements lie in memory once read, for numbers.
    var encoding: Encoding? {
        switch self {
        case .numeric(let encoding): encoding
        case .converted(let dtype, _): Encoding(dtype: dtype)
        case .string, .other: nil
        }
    }

    var isFloat: Bool { encoding?.dtype.isFloat ?? false }

    /// Recognises `type`. Called inside HDF5's lock.
    init(_ type: hid_t) {
        switch H5Tget_class(type) {
        case H5T_FLOAT: self = Self.float(type)
        case H5T_INTEGER: self = Self.integer(type)
        case H5T_ENUM: self = Self.enumeration(type)
        case H5T_STRING:
            let isVariable = H5Tis_variable_str(type) > 0
            let padding: UInt8 = H5Tget_strpad(type) == H5T_STR_SPACEPAD ? UInt8(ascii: " ") : 0
            self = .string(size: isVariable ? nil : H5Tget_size(type), padding: padding)
        case H5T_COMPOUND: self = .other("compound")
        case H5T_VLEN: self = .other("variable-length array")
        case H5T_ARRAY: self = .other("array")
        case H5T_OPAQUE: self = .other("opaque")
        case H5T_REFERENCE: self = .other("reference")
        case H5T_BITFIELD: self = .other("bit field")
        case H5T_TIME: self = .other("time")
        default: self = .other("unknown")
        }
    }

    private static func float(_ type: hid_t) -> StoredType {
        for big: Int32 in [0, 1] {
            let swapped = isSwapped(big: big != 0)
            if H5Tequal(type, chdf5_ieee_f32(big)) > 0 { return .numeric(Encoding(dtype: .float32, swapped: swapped)) }
            if H5Tequal(type, chdf5_ieee_f64(big)) > 0 { return .numeric(Encoding(dtype: .float64, swapped: swapped)) }
        }
        let size = H5Tget_size(type)
        var sign = 0
        var exponent = 0
        var exponentBits = 0
        var mantissa = 0
        var mantissaBits = 0
        let order = H5Tget_order(type)
        // libhdf5 1.10 does not ask whether they do: it converts what lies beside the element, or nothing at all.
        guard H5Tget_fields(type, &sign, &exponent, &exponentBits, &mantissa, &mantissaBits) >= 0,
            fit([(sign, 1), (exponent, exponentBits), (mantissa, mantissaBits)], into: type)
        else { return .other("float whose parts do not fit into it") }
        if size == 2, order == H5T_ORDER_LE || order == H5T_ORDER_BE, sign == 15, mantissa == 0,
            exponent == mantissaBits, H5Tget_norm(type) == H5T_NORM_IMPLIED
        {
            let swapped = isSwapped(big: order == H5T_ORDER_BE)
            switch (exponentBits, mantissaBits, H5Tget_ebias(type)) {
            case (5, 10, 15): return .numeric(Encoding(dtype: .float16, swapped: swapped))
            case (8, 7, 127): return .numeric(Encoding(dtype: .bfloat16, swapped: swapped))
            default: break
            }
        }
        return .converted(.float64, name: "float of \(size * 8) bits")
    }

    /// Whether parts of so many bits each, and the type's own bits, lie within its elements.
    private static func fit(_ parts: [(start: Int, bits: Int)], into type: hid_t) -> Bool {
        let bits = 8 &* H5Tget_size(type)
        let own = (start: Int(clamping: H5Tget_offset(type)), bits: H5Tget_precision(type))
        // libhdf5 reverses elements in a place of 256 bytes, of whatever size they are.
        return bits <= 8 * 64
            && (parts + [own]).allSatisfy {
                (0..<bits).contains($0.start) && (1...bits - $0.start).contains($0.bits)
            }
    }

    private static func integer(_ type: hid_t) -> StoredType {
        let size = H5Tget_size(type)
        let isSigned = H5Tget_sign(type) == H5T_SGN_2
        for big: Int32 in [0, 1] {
            let standard = chdf5_std_integer(size, isSigned ? 1 : 0, big)
            if standard >= 0, H5Tequal(type, standard) > 0, let dtype = integerType(size: size, isSigned: isSigned) {
                return .numeric(Encoding(dtype: dtype, swapped: isSwapped(big: big != 0)))
            }
        }
        guard size <= 8, fit([], into: type) else { return .other("integer of \(size * 8) bits") }
        return .converted(isSigned ? .int64 : .uint64, name: "integer of \(H5Tget_precision(type)) bits")
    }

    /// An enumeration counts by its integers; one of FALSE and TRUE is how h5py stores bool.
    private static func enumeration(_ type: hid_t) -> StoredType {
        let base = H5Tget_super(type)
        guard base >= 0 else { return .other("enum") }
        defer { H5Idec_ref(base) }
        let stored = integer(base)
        guard case .numeric(let encoding) = stored, encoding.dtype == .int8, H5Tget_nmembers(type) == 2 else {
            return stored
        }
        var no: Int8 = -1
        var yes: Int8 = -1
        let isBool =
            H5Tenum_valueof(type, "FALSE", &no) >= 0 && H5Tenum_valueof(type, "TRUE", &yes) >= 0 && no == 0 && yes == 1
        return isBool ? .numeric(Encoding(dtype: .bool)) : stored
    }

    private static func integerType(size: Int, isSigned: Bool) -> DType? {
        switch (size, isSigned) {
        case (1, true): .int8
        case (2, true): .int16
        case (4, true): .int32
        case (8, true): .int64
        case (1, false): .uint8
        case (2, false): .uint16
        case (4, false): .uint32
        case (8, false): .uint64
        default: nil
        }
    }

    private static func isSwapped(big: Bool) -> Bool { big != (1.bigEndian == 1) }
}
