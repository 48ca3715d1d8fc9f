/// Paths of drawings of 100 by 100 units, y downwards.
enum ReportShapes {
    /// Columns that stand on one another, one path for each row of `stacks`; the highest stack fills the height at `top`.
    static func columns(_ stacks: [(style: String, values: [Double])], top: Double) -> String {
        guard let count = stacks.first?.values.count, count > 0, top > 0 else { return "" }
        let width = 100 / Double(count)
        let gap = count > 80 ? 0 : width * 0.12
        var heights = [Double](repeating: 0, count: count)
        var text = ""
        for stack in stacks {
            var path = ""
            for (index, value) in stack.values.enumerated() where value > 0 && index < count {
                let (bottom, height) = (100 - heights[index], value / top * 100)
                path += "M\(number(Double(index) * width + gap / 2)) \(number(bottom))v\(number(-height))"
                path += "h\(number(width - gap))v\(number(height))z"
                heights[index] += height
            }
            if !path.isEmpty { text += "<path class=\"\(stack.style)\" d=\"\(path)\"/>" }
        }
        return text
    }

    /// Areas that lie on one another: many values, sampled to 400.
    static func areas(_ stacks: [(style: String, values: [Double])], top: Double) -> String {
        guard let count = stacks.first?.values.count, count > 0, top > 0 else { return "" }
        let steps = min(count, 400)
        var base = [Double](repeating: 0, count: steps)
        var text = ""
        for stack in stacks {
            let next = (0..<steps).map { base[$0] + stack.values[$0 * count / steps] / top * 100 }
            var path = ""
            for index in 0..<steps {
                let (left, right) = (Double(index) * 100 / Double(steps), Double(index + 1) * 100 / Double(steps))
                path += "\(path.isEmpty ? "M" : "L")\(number(left)) \(number(100 - next[index]))H\(number(right))"
            }
            for index in (0..<steps).reversed() {
                let (left, right) = (Double(index) * 100 / Double(steps), Double(index + 1) * 100 / Double(steps))
                path += "L\(number(right)) \(number(100 - base[index]))H\(number(left))"
            }
            text += "<path class=\"\(stack.style)\" d=\"\(path)z\"/>"
            base = next
        }
        return text
    }

    /// Upright lines at parts of the width; what is beyond it is left out.
    static func uprights(_ places: [Double], style: String = "line", from top: Double = 0, to bottom: Double = 100)
        -> String
    {
        let within = places.filter { $0 >= 0 && $0 <= 1 }
        let path = within.map { "M\(number($0 * 100)) \(number(top))V\(number(bottom))" }.joined()
        return path.isEmpty ? "" : "<path class=\"\(style)\" d=\"\(path)\"/>"
    }

    /// Dots at parts of the width: lines without length that have round ends, so that stretching leaves them round.
    static func dots(_ places: [(across: Double, down: Double)], style: String = "dots") -> String {
        let within = places.filter { $0.across >= 0 && $0.across <= 1 }
        let path = within.map { "M\(number($0.across * 100)) \(number($0.down * 100))h0" }.joined()
        return path.isEmpty ? "" : "<path class=\"\(style)\" d=\"\(path)\"/>"
    }

    static func number(_ value: Double) -> String { ReportMarkup.coordinate(value) }
}
