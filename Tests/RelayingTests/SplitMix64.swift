import SeededRandom

extension SplitMix64 {
    mutating func number(below bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }
    mutating func number(in range: ClosedRange<Int>) -> Int { range.lowerBound + number(below: range.count) }
    mutating func chance(_ numerator: Int, in denominator: Int) -> Bool { number(below: denominator) < numerator }
}
