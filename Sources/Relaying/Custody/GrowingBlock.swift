import CPrefetch

/// Values at places 0 up to `capacity`, which grows: twice as many at a time, so that what grows to its limit allocates a
/// few times and never again. Growing moves the values, so no pointer to one may be kept.
///
/// Whoever owns a table sets its limit; this knows none. `Value` must not be private: the compiler (6.3) fails over such a one
/// where another file destroys the table.
struct GrowingBlock<Value>: ~Copyable {
    private var start: UnsafeMutablePointer<Value>
    private(set) var capacity: Int
    private let empty: Value

    /// - Parameter empty: what stands at each new place.
    init(_ empty: Value, capacity: Int = 0) {
        self.empty = empty
        self.capacity = capacity
        start = .allocate(capacity: max(capacity, 1))
        start.initialize(repeating: empty, count: capacity)
    }

    deinit {
        start.deinitialize(count: capacity)
        start.deallocate()
    }

    /// The value at a place that there is.
    @inline(__always)
    subscript(_ place: Int) -> Value {
        _read { yield start[place] }
        nonmutating _modify { yield &start[place] }
    }

    /// The value will be needed soon.
    @inline(__always)
    func expect(_ place: Int) { cache_prefetch(start + place) }

    /// Sees that there are at least `count` places: from 16 on twice as many at a time.
    @inline(__always)
    mutating func reserve(_ count: Int) {
        if count > capacity { double(to: count) }
    }

    private mutating func double(to count: Int) {
        var grown = max(capacity, 16)
        while grown < count { grown &*= 2 }
        grow(to: grown)
    }

    /// Sees that there are `grown` places, for an owner that doubles something else.
    mutating func grow(to grown: Int) {
        guard grown > capacity else { return }
        let moved = UnsafeMutablePointer<Value>.allocate(capacity: grown)
        moved.moveInitialize(from: start, count: capacity)
        (moved + capacity).initialize(repeating: empty, count: grown &- capacity)
        start.deallocate()
        start = moved
        capacity = grown
    }
}
