// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Glibc
import Synchronization

/// Runs `body(worker, item)` for each item of 0 ..< count on up to `workers`
/// threads, the caller's being worker 0.
///
/// Items are claimed in ascending order and every claimed item runs to its end.
/// So when several fail, the error of the lowest item is the one thrown, whatever
/// the number of threads. Threads are made for the call: about 10 µs, and nothing
/// stays behind that a fork could break.
public func forEachItem(
    count: Int, workers: Int, run: Run, body: (_ worker: Int, _ item: Int) throws(InfoLensError) -> Void
) throws(InfoLensError) {
    guard count > 0 else { return }
    let failure: InfoLensError? = withoutActuallyEscaping(body) { body in
        let crew = Crew(items: count, run: run, body: body)
        let helpers = startHelpers(min(workers, count) - 1, crew: crew)
        crew.work(as: 0)
        for helper in helpers {
            while cn_join(helper, 33) == 0 { crew.checkpoint() }
        }
        return crew.failure.withLock { $0?.error }
    }
    if let failure { throw failure }
}

/// Fewer threads than asked for are no error: the others take their items.
private func startHelpers(_ count: Int, crew: Crew) -> [pthread_t] {
    guard count > 0 else { return [] }
    // The host's signal handlers must run on its own threads.
    var all = sigset_t()
    var saved = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &saved)
    defer { pthread_sigmask(SIG_SETMASK, &saved, nil) }
    var helpers: [pthread_t] = []
    for worker in 1...count {
        let helper = Unmanaged.passRetained(Helper(crew: crew, worker: worker))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let helper = Unmanaged<Helper>.fromOpaque(argument).takeRetainedValue()
                helper.crew.help(as: helper.worker)
                return nil
            }, helper.toOpaque())
        guard status == 0 else {
            helper.release()
            break
        }
        helpers.append(thread)
    }
    return helpers
}

private final class Helper {
    let crew: Crew
    let worker: Int

    init(crew: Crew, worker: Int) {
        self.crew = crew
        self.worker = worker
    }
}

private final class Crew: @unchecked Sendable {
    let failure = Mutex<(item: Int, error: InfoLensError)?>(nil)
    private let next = Atomic<Int>(0)
    private let failed = Atomic<Bool>(false)
    private let items: Int
    private let run: Run
    private let body: (Int, Int) throws(InfoLensError) -> Void

    init(items: Int, run: Run, body: @escaping (Int, Int) throws(InfoLensError) -> Void) {
        self.items = items
        self.run = run
        self.body = body
    }

    /// What a thread of the crew's own does.
    func help(as worker: Int) {
        do throws(InfoLensError) {
            try run.asCurrent { work(as: worker) }
        } catch { fail(error, item: items) }
    }

    func work(as worker: Int) {
        while !failed.load(ordering: .relaxed), !run.shouldStop {
            let item = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard item < items else { break }
            do throws(InfoLensError) {
                try body(worker, item)
                try run.checkpoint()
            } catch {
                fail(error, item: error.kind == .cancelled ? items : item)
            }
        }
    }

    /// Tells the host while others work.
    func checkpoint() {
        do throws(InfoLensError) { try run.checkpoint() } catch { fail(error, item: items) }
    }

    private func fail(_ error: InfoLensError, item: Int) {
        failed.store(true, ordering: .relaxed)
        failure.withLock { first in
            if first == nil || item < first!.item { first = (item, error) }
        }
    }
}
