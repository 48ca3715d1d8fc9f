import Settings
import Simulation

extension Form where Value == HouseSelection {
    static var selection: Self {
        let summary = "`all`, houses such as `[0, 3-5]` or `3`, so many as `3 at random`, or `10 %` of them"
        return Form(summary: summary) { node, path throws(SettingsFault) in
            let fault = FormFault(node: node, path: path)
            if case .list(let members) = node.content {
                var houses: [Int] = []
                for member in members {
                    let fault = FormFault(node: member, path: path)
                    let text = try fault.scalar("Give numbers of houses")
                    guard let span = houseSpan(text) else {
                        throw fault.outOfRange("has \(member.summary)", "Give \(summary)")
                    }
                    houses += span
                    if houses.count > Scenario.housesMax {
                        throw fault.outOfRange("names too many houses", "Name fewer")
                    }
                }
                return .houses(houses)
            }
            let text = try fault.scalar("Give \(summary)")
            if text == "all" { return .all }
            if text.hasSuffix("%"), let percent = Measure.number(String(text.dropLast()).trimmed) {
                return .percent(percent)
            }
            let words = text.split(separator: " ")
            if words.count == 3, words[1...] == ["at", "random"], let count = Int(words[0]) { return .some(count) }
            var houses: [Int] = []
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let span = houseSpan(String(part).trimmed), houses.count + span.count <= Scenario.housesMax else {
                    throw fault.outOfRange("is \(node.summary)", "Give \(summary)")
                }
                houses += span
            }
            return .houses(houses)
        } write: { selection in
            switch selection {
            case .all: "all"
            case .houses(let houses): houses.isEmpty ? "[]" : spans(of: houses)
            case .some(let count): "\(count) at random"
            case .percent(let percent): "\(Measure.plain(percent)) %"
            }
        }
    }

    /// `7` or `3-9`.
    private static func houseSpan(_ text: String) -> ClosedRange<Int>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { String($0).trimmed }
        guard
            ends.allSatisfy({ !$0.isEmpty && $0.utf8.count < 9 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let first = ends.first.flatMap({ Int($0) }), let last = ends.last.flatMap({ Int($0) })
        else { return nil }
        guard ends.count <= 2, first <= last, last - first < Scenario.housesMax else { return nil }
        return first...last
    }

    /// Runs of neighbours in one piece.
    private static func spans(of houses: [Int]) -> String {
        var pieces: [String] = []
        var start = houses.startIndex
        while start < houses.endIndex {
            var end = start
            while end + 1 < houses.endIndex, houses[end + 1] == houses[end] + 1 { end += 1 }
            pieces.append(end - start < 2 ? "\(houses[start])" : "\(houses[start])-\(houses[end])")
            start = end - start < 2 ? start + 1 : end + 1
        }
        return pieces.joined(separator: ", ")
    }
}

extension String {
    /// Without spaces at its ends.
    var trimmed: String {
        var text = self[...]
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }

    /// Cut at spaces and commas.
    var pieces: [String] { split { $0 == " " || $0 == "," }.map(String.init) }
}

extension Form where Value == DevicePlan.Placement {
    static var placement: Self {
        let summary =
            "`near 2 m` (of the owner's house), `away` (near another, drawn at random), `farthest` (near the farthest), "
            + "`beside 4` or `at 12 3` (metres east, north and, if need be, up)"
        return Form(summary: summary) { node, path throws(SettingsFault) in
            let fault = FormFault(node: node, path: path)
            let text = try fault.scalar("Give \(summary)")
            if text == "away" { return .away }
            if text == "farthest" { return .farthest }
            let rest = text.split(separator: " ", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
            if text.hasPrefix("near ") {
                let form = Form<Double>.measure(.distance, 0...100_000)
                return .near(metres: try form.read(DocumentNode(.scalar(rest, quoted: false), node.position), path))
            }
            if text.hasPrefix("beside "), let house = Int(rest), rest.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
                return .beside(house: house)
            }
            if text.hasPrefix("at "), let place = Place(text: rest) { return .at(place) }
            let near = Spelling.nearest(
                to: String(text.prefix { $0 != " " }), among: ["near", "away", "farthest", "beside", "at"])
            throw fault.outOfRange(
                "is \(node.summary)", (near.map { "Did you mean `\($0)`? " } ?? "") + "Give \(summary)")
        } write: { placement in
            switch placement {
            case .near(let metres): "near " + Measure.distance.text(metres)
            case .away: "away"
            case .farthest: "farthest"
            case .beside(let house): "beside \(house)"
            case .at(let place): "at \(place.text)"
            }
        }
    }
}

extension Place {
    /// Metres east, north and, if there is a third number, up.
    init?(text: String) {
        let numbers = text.pieces.map(Measure.number)
        guard (2...3).contains(numbers.count), let east = numbers[0], let north = numbers[1] else { return nil }
        guard numbers.count == 2 || numbers[2] != nil else { return nil }
        self.init(east: east, north: north, height: numbers.count == 3 ? numbers[2] ?? 0 : 0)
    }

    var text: String {
        let metres = height == 0 ? [east, north] : [east, north, height]
        return metres.map(Measure.plain).joined(separator: " ")
    }
}

extension RadioLink {
    /// `0-1 70 dB`.
    init?(text: String) {
        let words = text.pieces
        guard words.count == 3, words[2] == "dB", let loss = Measure.number(words[1]) else {
            return nil
        }
        let ends = words[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2,
            ends.allSatisfy({ !$0.isEmpty && $0.utf8.count < 9 && $0.utf8.allSatisfy { $0 & 0xF0 == 0x30 } }),
            let first = Int(ends[0]), let second = Int(ends[1])
        else { return nil }
        self.init(first, second, lossDecibels: loss)
    }

    var text: String { "\(first)-\(second) \(Measure.plain(lossDecibels)) dB" }
}

extension Form {
    /// A list, each member of which is one line of text.
    static func lines<Member: Equatable & Sendable>(
        _ summary: String, atMost limit: Int, _ read: @escaping @Sendable (String) -> Member?,
        _ write: @escaping @Sendable (Member) -> String
    ) -> Self where Value == [Member] {
        Form(summary: summary) { node, path throws(SettingsFault) in
            let fault = FormFault(node: node, path: path)
            guard case .list(let members) = node.content else { throw fault.wrongType("Give \(summary)") }
            if members.count > limit { throw fault.outOfRange("has \(members.count) entries", "Give at most \(limit)") }
            var found: [Member] = []
            for (number, node) in members.enumerated() {
                let fault = FormFault(node: node, path: "\(path)[\(number)]")
                guard let member = read(try fault.scalar("Give \(summary)")) else {
                    throw fault.outOfRange("is \(node.summary)", "Give \(summary)")
                }
                found.append(member)
            }
            return found
        } write: { members in
            // In lines of their own: files may not have many brackets.
            members.isEmpty ? "[]" : members.map { "\n  - \(write($0))" }.joined()
        }
    }
}
