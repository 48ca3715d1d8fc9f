/// Pieces of HTML that all sections are made of. What comes from a record goes through `ReportText.escaped`.
enum ReportMarkup {
    /// A column of a table.
    struct Column {
        var title: String
        var isNumber = false
        init(_ title: String, isNumber: Bool = false) { (self.title, self.isNumber) = (title, isNumber) }
        static func number(_ title: String) -> Column { Column(title, isNumber: true) }
    }

    /// A cell: text, or markup that was made here.
    enum Cell: ExpressibleByStringInterpolation {
        case text(String)
        case markup(String)
        case bar([Bar])
        init(stringLiteral text: String) { self = .text(text) }
    }

    /// A piece of a bar, as a part of the whole cell.
    struct Bar {
        var share: Double
        var style: String
        init(_ share: Double, _ style: String) { (self.share, self.style) = (share, style) }
    }

    /// The first column heads its rows.
    static func table(_ caption: String, _ columns: [Column], _ rows: [[Cell]]) -> String {
        var text =
            "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"\(ReportText.escaped(caption))\"><table>"
        text += "<caption>\(ReportText.escaped(caption))</caption><thead><tr>"
        for column in columns {
            text +=
                "<th scope=\"col\"\(column.isNumber ? " class=\"number\"" : "")>\(ReportText.escaped(column.title))</th>"
        }
        text += "</tr></thead><tbody>\n"
        for row in rows {
            text += "<tr>"
            for (index, cell) in row.enumerated() {
                text += self.cell(cell, isNumber: columns[index].isNumber, isHead: index == 0)
            }
            text += "</tr>\n"
        }
        return text + "</tbody></table></div>\n"
    }

    private static func cell(_ cell: Cell, isNumber: Bool, isHead: Bool) -> String {
        switch cell {
        case .text(let text) where isHead:
            "<th scope=\"row\"\(isNumber ? " class=\"number\"" : " class=\"wide\"")>\(ReportText.escaped(text))</th>"
        case .text(let text):
            "<td class=\"\(isNumber ? "number" : text.utf8.count < 16 ? "short" : "wide")\">\(ReportText.escaped(text))</td>"
        case .markup(let markup): "<td\(isNumber ? " class=\"number\"" : "")>\(markup)</td>"
        case .bar(let bars): "<td class=\"bar\">\(bar(bars))</td>"
        }
    }

    static func bar(_ bars: [Bar]) -> String {
        var text = "<svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
        text += "<rect class=\"faint\" y=\"9\" width=\"100\" height=\"1\"/>"
        var start = 0.0
        for bar in bars where bar.share > 0 {
            let width = min(bar.share * 100, 100 - start)
            text +=
                "<rect class=\"\(bar.style)\" x=\"\(coordinate(start))\" width=\"\(coordinate(width))\" height=\"9\"/>"
            start += width
        }
        return text + "</svg>"
    }

    /// A drawing with its title, what it says in a sentence, and the same figures as a table to open.
    static func figure(
        _ title: String, about: String, drawing: String, keys: [(style: String, name: String)] = [], table: String = "",
        isWide: Bool = false
    ) -> String {
        var text = "<figure\(isWide ? " class=\"wide\"" : "")><figcaption><h3>\(ReportText.escaped(title))</h3>"
        text += "<p>\(ReportText.escaped(about))</p></figcaption>\n\(drawing)\n"
        if !keys.isEmpty {
            text += "<ul class=\"keys\">"
            for key in keys {
                text += "<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"\(key.style)\" width=\"10\""
                text += " height=\"10\" rx=\"2\"/></svg>\(ReportText.escaped(key.name))</li>"
            }
            text += "</ul>"
        }
        if !table.isEmpty { text += "<details><summary>The same as a table</summary>\(table)</details>" }
        return text + "</figure>\n"
    }

    /// Axes around a drawing of 100 by 100 units, which stretches; its words do not.
    static func plot(
        _ shapes: String, label: String, top: String, bottom: String = "0", across: [String], isLow: Bool = false
    ) -> String {
        var text = "<div class=\"plot\(isLow ? " low" : "")\"><div class=\"y\" aria-hidden=\"true\">"
        text += "<span>\(ReportText.escaped(top))</span><span>\(ReportText.escaped(bottom))</span></div>"
        text += "<svg viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\""
        text +=
            "\(ReportText.escaped(label))\"><path class=\"frame\" d=\"M0 0H100M0 50H100M0 100H100\"/>\(shapes)</svg>"
        text += "<div class=\"x\" aria-hidden=\"true\">"
        for word in across { text += "<span>\(ReportText.escaped(word))</span>" }
        return text + "</div></div>"
    }

    static func section(_ id: String, _ title: String, _ content: String) -> String {
        "<section id=\"\(id)\" aria-labelledby=\"\(id)-title\"><h2 id=\"\(id)-title\">\(ReportText.escaped(title))</h2>\n"
            + "\(content)</section>\n"
    }

    static func state(_ style: String, _ words: String) -> Cell {
        .markup("<span class=\"state \(style)\">\(ReportText.escaped(words))</span>")
    }

    /// Of a drawing: two digits behind the point.
    static func coordinate(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let hundredths = Int64((min(max(value, -1e6), 1e6) * 100).rounded())
        if hundredths % 100 == 0 { return String(hundredths / 100) }
        let rest = (hundredths % 100).magnitude
        return (hundredths < 0 ? "-" : "") + "\((hundredths / 100).magnitude)." + (rest < 10 ? "0\(rest)" : "\(rest)")
    }
}
