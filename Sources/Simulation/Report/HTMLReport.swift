import Sealing

/// Runs as one HTML file that needs nothing else: style, script and data are inside, and its Content-Security-Policy lets
/// nothing in from elsewhere. The same records give the same bytes.
///
/// One record: the whole story of a run. Several: runs with other policies side by side, runs with other seeds summed up,
/// and below that the story of the one that tells most.
public enum HTMLReport {
    /// So many runs' maps go into one file.
    static let mapsMax = 4

    /// - Parameter wanted: how many runs there were to be, where an interrupt may have left some out.
    public static func text(of records: [RunRecord], wanted: UInt64? = nil) -> String {
        guard let told = told(of: records) else {
            return page(
                title: "No run",
                head: "<h1>No run</h1><p>"
                    + (wanted.map { "None of \(ReportText.count($0, "run")) came to its end." }
                        ?? "There is nothing to report.") + "</p>", sections: [], data: [])
        }
        let figures = ReportFigures(told)
        var sections: [Section] = []
        if records.count > 1 {
            sections = ReportComparison.sections(of: records)
        } else {
            sections.append(Section("verdict", "Verdict", ReportVerdict.text(of: figures)))
        }
        let maps = maps(of: records, first: told)
        sections.append(Section("map", "Map", ReportMap.text(of: maps)))
        if records.count > 1 {
            let title = "One run of them: \(label(told))"
            sections.append(
                Section(
                    "run", "One run",
                    "<h2>\(ReportText.escaped(title))</h2>" + ReportVerdict.text(of: figures, id: "run")))
        }
        sections += [
            Section("promises", "Promises", ReportSections.promises(figures)),
            Section("delivery", "Delivery and latency", ReportCharts.delivery(figures)),
            Section("airtime", "Airtime", ReportCharts.airtime(figures)),
            Section("caps", "Caps", ReportCharts.caps(figures)),
            Section("drops", "Drops", ReportSections.drops(figures)),
            Section("faults", "Faults", ReportSections.faults(figures)),
            Section("figures", "Figures", ReportSections.figures(figures)),
            Section("repeat", "Again", ReportSections.repeating(records)),
        ]
        return page(title: told.scenario.name, head: head(records, wanted), sections: sections, data: maps)
    }

    struct Section {
        var id: String
        var title: String
        var content: String
        init(_ id: String, _ title: String, _ content: String) {
            (self.id, self.title, self.content) = (id, title, content)
        }
    }

    // MARK: Choosing

    /// The first run that broke a promise, or else the first of ours, or else the first.
    private static func told(of records: [RunRecord]) -> RunRecord? {
        records.first { !$0.broken.isEmpty } ?? records.first { $0.policy == "sidegate" } ?? records.first
    }

    /// One of each policy, and then those that broke something.
    private static func maps(of records: [RunRecord], first: RunRecord) -> [RunRecord] {
        var chosen = [first]
        func isChosen(_ record: RunRecord) -> Bool {
            chosen.contains { $0.policy == record.policy && $0.seed == record.seed }
        }
        for record in records where !chosen.contains(where: { $0.policy == record.policy }) { chosen.append(record) }
        for record in records where !record.broken.isEmpty && !isChosen(record) { chosen.append(record) }
        return Array(chosen.prefix(mapsMax))
    }

    static func label(_ record: RunRecord) -> String { "\(record.policy), seed \(record.seed)" }

    // MARK: The page

    private static func head(_ records: [RunRecord], _ wanted: UInt64?) -> String {
        guard let first = records.first else { return "" }
        let scenario = first.scenario
        var facts = ["Scenario \(scenario.name)"]
        let leftOut = wanted.flatMap { $0 > UInt64(records.count) ? $0 : nil }
        if records.count == 1, leftOut == nil {
            facts += ["Seed \(first.seed)", "\(ReportText.count(first.steps, "step"))"]
            facts.append("Fingerprint \(ReportText.hexadecimal(first.fingerprint))")
        } else {
            facts.append(
                leftOut.map {
                    "Interrupted: \(ReportText.grouped(records.count)) of \(ReportText.grouped($0)) runs"
                }
                    ?? ReportText.count(records.count, "run"))
        }
        facts.append("Policy \(policies(records).joined(separator: ", "))")
        facts.append(
            records.contains(where: \.usesModelledCryptography)
                ? "Curves modelled, other cryptography real" : "Real cryptography")
        var text = "<h1>\(ReportText.escaped(scenario.name))</h1>"
        if !scenario.about.isEmpty { text += "<p>\(ReportText.escaped(scenario.about))</p>" }
        text += "<ul class=\"facts\">"
        for fact in facts { text += "<li>\(ReportText.escaped(fact))</li>" }
        return text + "</ul>"
    }

    static func policies(_ records: [RunRecord]) -> [String] {
        var policies: [String] = []
        for record in records where !policies.contains(record.policy) { policies.append(record.policy) }
        return policies
    }

    private static func page(title: String, head: String, sections: [Section], data: [RunRecord]) -> String {
        let style = "\n" + ReportStyle.text + "\n"
        let script = "\n" + ReportScript.text + "\n"
        let policy =
            "default-src 'none'; script-src '\(digest(of: script))'; style-src '\(digest(of: style))'; "
            + "base-uri 'none'; form-action 'none'"
        var text = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        text += "<meta http-equiv=\"Content-Security-Policy\" content=\"\(policy)\">\n"
        text += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        text +=
            "<title>\(ReportText.escaped(title)) \u{2013} Sidegate run</title>\n<style>\(style)</style>\n</head>\n<body>\n"
        text += "<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header>\(head)</header>\n"
        text += "<nav aria-label=\"Sections\"><ul>"
        for section in sections {
            text += "<li><a href=\"#\(section.id)\">\(ReportText.escaped(section.title))</a></li>"
        }
        text += "</ul></nav>\n<main id=\"main\">\n"
        for section in sections { text += section.content + "\n" }
        text +=
            "</main>\n<footer><p>Made by <code>sidegate simulate</code>. This file stands by itself: it loads nothing and"
        text += " sends nothing.</p></footer>\n"
        if !data.isEmpty {
            text += "<script type=\"application/json\" id=\"data\">\(ReportData.text(of: data))</script>\n"
            text += "<script>\(script)</script>\n"
        }
        return text + "</body>\n</html>\n"
    }

    /// A source expression of Content Security Policy 3, 2.3.1.
    private static func digest(of text: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let bytes = SHA256.hash(Array(text.utf8)).withUnsafeBytes { Array($0) }
        var result = "sha256-"
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = (0..<3).map { start + $0 < bytes.count ? Int(bytes[start + $0]) : 0 }
            let word = group[0] << 16 | group[1] << 8 | group[2]
            for index in 0..<4 {
                let isPadding = start + index > bytes.count
                result.append(isPadding ? "=" : alphabet[word >> (18 - 6 * index) & 63])
            }
        }
        return result
    }
}
