// SPDX-License-Identifier: Apache-2.0
import Kernels
import Synchronization

/// The parts of a stack: all open, or opened when they are wanted.
final class StackParts: Sendable {
    typealias Open = @Sendable (Int) throws(InfoLensError) -> any PlannedMatrix

    private let open: Open?
    /// All parts, or those that stand for them when memory is planned.
    private let known: [any PlannedMatrix]
    /// Parts that were opened last, oldest first. Threads that read neighbouring rows want the same.
    private let recent = Mutex<[(index: Int, part: any PlannedMatrix)]>([])
    private static let recentParts = 16

    init(_ parts: [any PlannedMatrix]) {
        known = parts
        open = nil
    }

    /// - Parameter largest: parts that need the most scratch memory
    init(count: Int, largest: [any PlannedMatrix], open: @escaping Open) {
        known = largest
        self.open = open
    }

    /// Whether no part is opened anew.
    var stayOpen: Bool { open == nil }

    func scratchBytes(rows: Int) -> Int {
        known.reduce(0) { max($0, $1.scratchBytes(rows: open == nil ? min(rows, $1.samples) : rows)) }
    }

    func part(_ index: Int) throws(InfoLensError) -> any PlannedMatrix {
        guard let open else { return known[index] }
        if let part = recent.withLock({ parts in parts.first { $0.index == index }?.part }) { return part }
        let part = try open(index)
        // What falls out is closed outside the lock.
        let closed = recent.withLock { parts -> (index: Int, part: any PlannedMatrix)? in
            parts.append((index, part))
            return parts.count > Self.recentParts ? parts.removeFirst() : nil
        }
        withExtendedLifetime(closed) {}
        return part
    }
}

/// Rows of small parts, copied as they are met, until they are too many.
struct SmallCopy {
    /// More is not kept beside the memory that calls plan with.
    static let maximumBytes = 16 << 20
    /// Parts from this size on are worth opening again.
    private static let largePart = 1 << 20

    private let buffer: AlignedBuffer
    private let limit: Int
    private var element: Element?
    private var used = 0
    private(set) var isComplete = true

    /// nil where there is no memory to keep anything.
    init?(limit: Int) throws(InfoLensError) {
        guard limit > 0 else { return nil }
        self.limit = limit
        buffer = try AlignedBuffer(byteCount: limit, cleared: false)
    }

    mutating func add(_ part: any PlannedMatrix) throws(InfoLensError) {
        let bytes = saturatingProduct(part.samples, part.neurons, part.element.size)
        let scratchBytes = part.scratchBytes(rows: part.samples)
        guard bytes < Self.largePart, scratchBytes < 4 * Self.largePart, bytes <= limit - used,
            part.element == element ?? part.element, let base = buffer.bytes.baseAddress
        else {
            isComplete = false
            return
        }
        element = part.element
        let scratch = try AlignedBuffer(byteCount: scratchBytes, cleared: false)
        let block = try part.read(rows: 0..<part.samples, scratch: scratch.bytes)
        block.copyRows(to: base + used, as: part.element)
        used += bytes
    }

    /// The copy, of all the parts of a survey.
    func rows(as survey: StackSurvey) -> any PlannedMatrix {
        CopiedRows(
            name: survey.name, samples: survey.samples, neurons: survey.neurons, element: survey.element, copy: buffer,
            plan: survey.plan)
    }
}
