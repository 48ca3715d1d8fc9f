/// Values under small numbers that stay the same while the value is held.
struct Slots<Value> {
    private(set) var values: [Value?] = []
    private var free: [Int] = []

    var count: Int { values.count - free.count }

    mutating func insert(_ value: Value) -> Int {
        if let place = free.popLast() {
            values[place] = value
            return place
        }
        values.append(value)
        return values.count - 1
    }

    mutating func remove(_ place: Int) {
        guard values.indices.contains(place), values[place] != nil else { return }
        values[place] = nil
        free.append(place)
    }

    subscript(place: Int) -> Value? {
        get { values.indices.contains(place) ? values[place] : nil }
        set { if values.indices.contains(place), values[place] != nil { values[place] = newValue } }
    }
}
