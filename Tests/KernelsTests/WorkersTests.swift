// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Kernels

@Suite struct WorkersTests {
    @Test("every item runs once", arguments: [1, 2, 7])
    func everyItem(workers: Int) throws {
        let seen = Mutex([Int](repeating: 0, count: 1000))
        try forEachItem(count: 1000, workers: workers, run: run()) { (worker, item) throws(InfoLensError) in
            #expect((0..<workers).contains(worker))
            seen.withLock { $0[item] += 1 }
        }
        #expect(seen.withLock { $0.allSatisfy { $0 == 1 } })
    }

    @Test("the error of the lowest item is thrown", arguments: [1, 2, 5])
    func lowestError(workers: Int) {
        for _ in 0..<20 {
            let error = #expect(throws: InfoLensError.self) {
                try forEachItem(count: 100, workers: workers, run: run()) { (_, item) throws(InfoLensError) in
                    if item >= 30 { throw InfoLensError(.numeric, "item \(item)") }
                }
            }
            #expect(error?.description == "item 30")
        }
    }

    @Test("progress rises to the total, on the calling thread")
    func progress() throws {
        let seen = Mutex([Int]())
        let run = Run(
            threads: 2, memory: 1 << 20,
            report: { stage, done, total in
                #expect(stage == "counting" && total == 64)
                seen.withLock { $0.append(done) }
                return true
            })
        run.begin(total: 64)
        run.enter(stage: "counting")
        try forEachItem(count: 64, workers: 2, run: run) { (_, _) throws(InfoLensError) in
            var value = 0.0
            for i in 0..<300_000 { value += Double(i).squareRoot() }
            #expect(value > 0)
            run.advance(by: 1)
        }
        try run.finish()
        let reported = seen.withLock { $0 }
        #expect(reported == reported.sorted() && reported.last == 64)
    }

    @Test("the host can cancel while it waits for the last thread")
    func cancellationOfLast() {
        let left = Mutex(999)
        let asked = Mutex(0)
        let isCancelled = {
            // The first time is after the caller's last item.
            guard left.withLock({ $0 == 0 }) else { return false }
            return asked.withLock {
                $0 += 1
                return $0 >= 3
            }
        }
        let run = Run(threads: 2, memory: 1 << 20, isCancelled: isCancelled)
        let error = #expect(throws: InfoLensError.self) {
            try forEachItem(count: 1000, workers: 2, run: run) { (worker, _) throws(InfoLensError) in
                if worker == 0 {
                    usleep(200)
                    left.withLock { $0 -= 1 }
                } else {
                    while true { try run.checkpoint() }
                }
            }
        }
        #expect(error?.kind == .cancelled && asked.withLock { $0 } == 3)
    }

    @Test("a callback that refuses stops the work", arguments: [1, 2])
    func cancellation(threads: Int) {
        let items = Atomic<Int>(0)
        let run = Run(threads: threads, memory: 1 << 20, report: { _, _, _ in false })
        run.begin(total: 1_000_000)
        let error = #expect(throws: InfoLensError.self) {
            try forEachItem(count: 1_000_000, workers: threads, run: run) { (_, _) throws(InfoLensError) in
                items.wrappingAdd(1, ordering: .relaxed)
                var value = 0.0
                for i in 0..<1000 { value += Double(i).squareRoot() }
                #expect(value > 0)
            }
        }
        #expect(error?.kind == .cancelled)
        #expect(items.load(ordering: .relaxed) < 1_000_000)
    }
    @Test("a part of a call stops with it, and leaves progress to it")
    func parts() throws {
        let isCancelled = Mutex(false)
        let reported = Mutex([Int]())
        let run = Run(
            threads: 4, memory: 1 << 20,
            report: { _, done, _ in
                reported.withLock { $0.append(done) }
                return true
            }, isCancelled: { isCancelled.withLock { $0 } })
        run.begin(total: 10)
        let part = run.part(threads: 2)
        #expect(part.threads == 2 && part.memory == run.memory && !part.shouldStop)
        part.advance(by: 7)
        usleep(40_000)
        try part.checkpoint()
        #expect(reported.withLock { $0 } == [0])
        isCancelled.withLock { $0 = true }
        #expect(throws: InfoLensError.self) { try part.checkpoint() }
        #expect(run.shouldStop && part.shouldStop)
    }
}
