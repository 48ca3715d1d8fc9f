import Settings

/// What the value of a key may be: how it is read, how it is written, and how documents say it.
struct Form<Value: Equatable & Sendable>: Sendable {
    /// Type and range in words.
    let summary: String
    let read: @Sendable (_ node: DocumentNode, _ path: String) throws(SettingsFault) -> Value
    /// As YAML.
    let write: @Sendable (Value) -> String
}

/// Makes faults of one key.
struct FormFault {
    let node: DocumentNode
    let path: String

    func wrongType(_ remedy: String) -> SettingsFault {
        SettingsFault(
            kind: .wrongType, position: node.position, what: "`\(path)` is \(node.summary)", remedy: remedy)
    }

    func outOfRange(_ what: String, _ remedy: String) -> SettingsFault {
        SettingsFault(kind: .outOfRange, position: node.position, what: "`\(path)` \(what)", remedy: remedy)
    }

    func scalar(_ remedy: String) throws(SettingsFault) -> String {
        guard case .scalar(let text, _) = node.content else { throw wrongType(remedy) }
        return text
    }
}

extension Form where Value == Double {
    static func measure(_ measure: Measure, _ range: ClosedRange<Double>) -> Self {
        let span = "\(measure.text(range.lowerBound)) to \(measure.text(range.upperBound))"
        return Form(summary: "\(span)") { node, path throws(SettingsFault) in
            let fault = FormFault(node: node, path: path)
            let text = try fault.scalar("Write it as `\(measure.example(10))`")
            do throws(Measure.Fault) {
                let value = try measure.value(of: text)
                if range.contains(value) { return value }
                throw Measure.Fault(
                    what: "is \(DocumentNode.shortened(text)), outside \(span)",
                    remedy: "Give a value within that range")
            } catch {
                throw fault.outOfRange(error.what, error.remedy)
            }
        } write: {
            measure.text($0)
        }
    }

    static func number(_ range: ClosedRange<Double>) -> Self {
        let span = "\(Measure.plain(range.lowerBound)) to \(Measure.plain(range.upperBound))"
        return Form(summary: "a number, \(span)") { node, path throws(SettingsFault) in
            let fault = FormFault(node: node, path: path)
            let text = try fault.scalar("Give a number, \(span)")
            guard let value = Measure.number(text) else { throw fault.wrongType("Give a number, \(span)") }
            if range.contains(value) { return value }
            throw fault.outOfRange(
                "is \(DocumentNode.shortened(text)), outside \(span)", "Give a number within that range")
        } write: {
            Measure.plain($0)
        }
    }

    /// A time, kept in seconds.
    static func seconds(_ range: ClosedRange<Int64>) -> Self {
        let form = Form<Int64>.time(range)
        return Form(summary: form.summary) { node, path throws(SettingsFault) in
            Double(try form.read(node, path)) / 1_000_000
        } write: {
            form.write(Int64(($0 * 1_000_000).rounded()))
        }
    }
}

extension Form where Value: FixedWidthInteger {
    static func measure(_ measure: Measure, _ range: ClosedRange<Value>) -> Self {
        let form = Form<Double>.measure(measure, Double(range.lowerBound)...Double(range.upperBound))
        return Form(summary: form.summary) { node, path throws(SettingsFault) in
            Value(clamping: Int64((try form.read(node, path)).rounded()))
        } write: {
            form.write(Double($0))
        }
    }

    static func integer(_ range: ClosedRange<Value>) -> Self {
        let span = "\(range.lowerBound) to \(range.upperBound)"
        return Form(summary: "a whole number, \(span)") { node, path throws(SettingsFault) in
            let fault = FormFault(node: node, path: path)
            let text = try fault.scalar("Give a whole number, \(span)")
            let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw fault.wrongType("Give a whole number, \(span)")
            }
            if let value = Value(text), range.contains(value) { return value }
            throw fault.outOfRange(
                "is \(DocumentNode.shortened(text)), outside \(span)", "Give a number within that range")
        } write: {
            String($0)
        }
    }
}

extension Form where Value == Int64 {
    /// In microseconds.
    static func time(_ range: ClosedRange<Int64>) -> Self { measure(.time, range) }
}

extension Form where Value == Bool {
    static var boolean: Self {
        Form(summary: "true or false") { node, path throws(SettingsFault) in
            switch node.content {
            case .scalar("true", quoted: false): return true
            case .scalar("false", quoted: false): return false
            default: throw FormFault(node: node, path: path).wrongType("Give true or false")
            }
        } write: {
            $0 ? "true" : "false"
        }
    }
}

extension Form where Value == String {
    static func text(atMost bytesMax: Int) -> Self {
        let summary = "text of at most \(bytesMax) bytes on one line"
        return Form(summary: summary) { node, path throws(SettingsFault) in
            let fault = FormFault(node: node, path: path)
            let text = try fault.scalar("Give \(summary)")
            if text.isEmpty || text.utf8.count > bytesMax || text.unicodeScalars.contains(where: DocumentText.isControl)
            {
                throw fault.outOfRange("is not text of 1 to \(bytesMax) bytes on one line", "Give \(summary)")
            }
            return text
        } write: {
            DocumentText.scalar($0)
        }
    }
}

/// A choice by its word in files.
struct Word<Value: Equatable & Sendable>: Sendable {
    let name: String
    let value: Value
    init(_ name: String, _ value: Value) { (self.name, self.value) = (name, value) }
}

extension Form {
    static func choice(_ words: [Word<Value>]) -> Self {
        let summary = (words.count == 1 ? "" : "one of ") + words.map { "`\($0.name)`" }.joined(separator: ", ")
        return Form(summary: summary) { node, path throws(SettingsFault) in
            let fault = FormFault(node: node, path: path)
            let text = try fault.scalar("Give \(summary)")
            if let word = words.first(where: { $0.name == text }) { return word.value }
            let names = words.map(\.name)
            // A word that was cut short is no misspelling.
            let begun = text.utf8.count >= 3 ? names.first { $0.hasPrefix(text) } : nil
            let near = (Spelling.nearest(to: text, among: names) ?? begun).map { "Did you mean `\($0)`? " } ?? ""
            throw fault.outOfRange("is \(node.summary)", "\(near)Give \(summary)")
        } write: { value in
            words.first { $0.value == value }?.name ?? ""
        }
    }

    /// Any of the words, each once; `all` for all of them.
    static func choices<Member: Equatable & Sendable>(_ words: [Word<Member>]) -> Self where Value == [Member] {
        let names = words.map { "`\($0.name)`" }.joined(separator: ", ")
        let summary = "`all`, or a list of any of \(names)"
        let member = Form<Member>.choice(words)
        return Form(summary: summary) { node, path throws(SettingsFault) in
            let fault = FormFault(node: node, path: path)
            if case .scalar("all", quoted: _) = node.content { return words.map(\.value) }
            guard case .list(let members) = node.content else { throw fault.wrongType("Give \(summary)") }
            var found: [Member] = []
            for node in members {
                let value = try member.read(node, path)
                if found.contains(value) {
                    throw FormFault(node: node, path: path).outOfRange("names \(node.summary) twice", "Name it once")
                }
                found.append(value)
            }
            return found
        } write: { values in
            values == words.map(\.value) ? "all" : "[" + values.map(member.write).joined(separator: ", ") + "]"
        }
    }
}
