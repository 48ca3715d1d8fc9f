import Dispatch

/// Runs what waits in place on a thread of its own: on one of Swift's few it would hold other tests up.
func apart<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "apart").async { continuation.resume(with: Result(catching: body)) }
    }
}
