// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import CNumerics
import InformationTheory
import Kernels
import Synchronization

/// Settings shared by calls, behind `il_context`.
final class Context: HandleObject, @unchecked Sendable {
    static let typeName: StaticString = "il_context"
    static let origin: StaticString = "il_context_new()"

    let threads: Int
    let memory: Int
    let seed: UInt64
    let unit: Logarithm
    private let progress: Mutex<Progress>
    private let cancelRequested = Atomic<Bool>(false)
    private let runningCalls = Atomic<Int>(0)

    private struct Progress: @unchecked Sendable {
        var callback: il_progress?
        var user: UnsafeMutableRawPointer?
    }

    init(_ options: il_context_options) throws(InfoLensError) {
        guard (0...1024).contains(options.threads) else {
            throw InfoLensError(
                .argument, "options.threads: is \(options.threads); give 1 to 1024, or 0 for one a processor")
        }
        guard options.memory == 0 || options.memory >= 1 << 20 else {
            throw InfoLensError(
                .argument,
                "options.memory: is \(options.memory) bytes; give at least 1048576 (1 MiB), or 0 for 1 GiB")
        }
        guard options.reserved == 0 else {
            throw InfoLensError(.argument, "options.reserved: is \(options.reserved); leave it 0")
        }
        unit = try choice(
            options.unit, of: [(Int(IL_UNIT_DEFAULT), .bits), (Int(IL_BITS), .bits), (Int(IL_NATS), .nats)],
            argument: "options.unit", names: "IL_BITS or IL_NATS")
        threads = options.threads == 0 ? min(Int(cn_processors()), 1024) : Int(options.threads)
        // Sums of byte counts stay far from overflow.
        memory = options.memory == 0 ? 1 << 30 : Int(min(options.memory, 1 << 46))
        seed = options.seed
        progress = Mutex(Progress(callback: options.progress, user: options.progress_user))
    }

    static var defaults: il_context_options {
        var options = il_context_options()
        options.struct_size = UInt32(MemoryLayout<il_context_options>.size)
        options.unit = Int32(IL_BITS)
        return options
    }

    func setProgress(_ callback: il_progress?, user: UnsafeMutableRawPointer?) {
        progress.withLock { $0 = Progress(callback: callback, user: user) }
    }

    func cancel() {
        // A request without a running call would hit a later one that nobody meant.
        if runningCalls.load(ordering: .acquiring) > 0 { cancelRequested.store(true, ordering: .releasing) }
    }

    /// Runs a call that consists of several computations: what cancels one of them, or falls between two, ends it.
    func call<Result>(_ body: () throws(InfoLensError) -> Result) throws(InfoLensError) -> Result {
        enter()
        defer { runningCalls.wrappingSubtract(1, ordering: .acquiringAndReleasing) }
        return try body()
    }

    private func enter() {
        if runningCalls.wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue == 0 {
            cancelRequested.store(false, ordering: .releasing)
        }
    }

    /// Runs a long computation with progress and cancellation.
    func run<Result>(
        total: Int, _ body: (Run) throws(InfoLensError) -> Result
    ) throws(InfoLensError) -> Result {
        enter()
        defer { runningCalls.wrappingSubtract(1, ordering: .acquiringAndReleasing) }
        let run = makeRun()
        run.begin(total: total)
        return try run.asCurrent { () throws(InfoLensError) in
            let result = try body(run)
            try run.finish()
            return result
        }
    }

    /// Runs a call that computes nothing but may wait, for a process that reads: where it does, the host hears of it
    /// and can cancel.
    func wait<Result>(
        stage: String, _ body: () throws(InfoLensError) -> Result
    ) throws(InfoLensError) -> Result {
        try call { () throws(InfoLensError) in
            let run = makeRun()
            run.enter(stage: stage)
            return try run.asCurrent(body)
        }
    }

    private func makeRun() -> Run {
        let progress = progress.withLock { $0 }
        var report: Run.Report?
        if let callback = progress.callback {
            report = { stage, done, total in
                stage.withCString { callback(progress.user, $0, Int64(done), Int64(total)) } == 0
            }
        }
        return Run(threads: threads, memory: memory, report: report) { [self] in
            cancelRequested.load(ordering: .acquiring)
        }
    }
}

@c @implementation
public func il_context_options_init(_ options: UnsafeMutablePointer<il_context_options>!, _ structSize: UInt32)
    -> il_status
{
    guarded { () throws(InfoLensError) in
        try fill(
            options, size: structSize, defaults: Context.defaults, argument: "options")
    }
}

@c @implementation
public func il_context_new(
    _ options: UnsafePointer<il_context_options>!, _ context: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let output = try required(context, "context")
        let options = try optionsOrDefaults(
            options, defaults: Context.defaults, argument: "options", initializer: "il_context_options_init()")
        output.pointee = Handles.insert(try Context(options))
    }
}

@c @implementation
public func il_context_set_progress(
    _ context: OpaquePointer!, _ progress: il_progress!, _ user: UnsafeMutableRawPointer!
) -> il_status {
    guarded { () throws(InfoLensError) in
        try Handles.object(context, Context.self, argument: "context").setProgress(progress, user: user)
    }
}

@c @implementation
public func il_context_cancel(_ context: OpaquePointer!) -> il_status {
    guarded { () throws(InfoLensError) in
        try Handles.object(context, Context.self, argument: "context").cancel()
    }
}

@c @implementation
public func il_context_free(_ context: OpaquePointer!) { Handles.remove(context, Context.self) }
