/// The map, its animation and its controls. The script fills them.
enum ReportMap {
    static func text(of records: [RunRecord]) -> String {
        let text =
            player(of: records) + #"""
                <div class="told"><p id="event" aria-live="polite"></p><p id="about-house" aria-live="polite"></p></div>
                </div>
                \#(keys)
                </div>
                <noscript><p class="note">The map is drawn by a script, and scripts are off. All figures are in the tables below.</p></noscript>
                <p class="note" id="notes"></p>
                <details><summary>Keys</summary><p>Space plays and pauses. N and P choose the next and the previous event. In the
                slider, arrow keys move through time, Page up and Page down by larger steps. On the map, arrow keys move, + and
                &#8722; zoom, 0 shows all; a click chooses the nearest house.</p></details>

                """#
        return ReportMarkup.section("map", "Map and animation", text)
    }

    /// The map and what moves it; `text` closes what stays open here.
    private static func player(of records: [RunRecord]) -> String {
        let run = records.first
        let label = "Map of \(ReportText.count(run?.houses.count ?? 0, "house")) with links and the paths of events."
        var text = #"""
            <div id="player" role="group" aria-label="Animation of the run">
            <div class="stage">
            <canvas id="picture" tabindex="0" role="img" aria-label="\#(ReportText.escaped(label)) Arrow keys move it, plus and minus zoom, 0 shows all."></canvas>
            <p id="clock" aria-hidden="true"></p>
            <div class="zoom"><button type="button" id="closer" aria-label="Zoom in">+</button>
            <button type="button" id="farther" aria-label="Zoom out">&#8722;</button>
            <button type="button" id="whole" aria-label="Show the whole map">&#8962;</button></div>
            </div>
            <canvas id="strip" aria-hidden="true"></canvas>
            <div class="controls">
            <input type="range" id="time" min="0" max="1000" value="0" aria-label="Time of the run">
            <div class="row">
            <button type="button" id="play" aria-pressed="false">&#9654; Play</button>
            <label>Speed <select id="speed"></select></label>
            <button type="button" id="previous">Previous event</button>
            <button type="button" id="next">Next event</button>
            <label>House <input type="number" id="house" min="0" inputmode="numeric"></label>
            <label><input type="checkbox" id="links" checked> Links</label>
            <label><input type="checkbox" id="devices" checked> Devices</label>
            </div>

            """#
        if records.count > 1 {
            text += "<div class=\"row\"><label>Run <select id=\"run-choice\">"
            for (index, record) in records.enumerated() {
                text += "<option value=\"\(index)\">\(ReportText.escaped(HTMLReport.label(record)))</option>"
            }
            text += "</select></label></div>"
        }
        return text
    }

    private static let keys = #"""
        <ul class="keys mapkeys">
        <li><svg viewBox="0 0 20 20" aria-hidden="true"><circle class="node" cx="10" cy="10" r="6"/></svg> House</li>
        <li><svg viewBox="0 0 20 20" aria-hidden="true"><circle class="hollow" cx="10" cy="10" r="6"/></svg> Host lends nothing</li>
        <li><svg viewBox="0 0 20 20" aria-hidden="true"><circle class="hollow dashed" cx="10" cy="10" r="6"/></svg> Without power</li>
        <li><svg viewBox="0 0 20 20" aria-hidden="true"><path class="liar" d="M10 2l8 8-8 8-8-8z"/></svg> Bridge that lies</li>
        <li><svg viewBox="0 0 20 20" aria-hidden="true"><circle class="device" cx="10" cy="10" r="3.5"/></svg> Device</li>
        <li><svg viewBox="0 0 20 20" aria-hidden="true"><path class="link" d="M1 15L19 5"/></svg> Link</li>
        <li><svg viewBox="0 0 20 20" aria-hidden="true"><path class="hop" d="M1 15L19 5"/></svg> Event on its way</li>
        <li><svg viewBox="0 0 20 20" aria-hidden="true"><circle class="came" cx="10" cy="10" r="7"/></svg> Delivered</li>
        <li><svg viewBox="0 0 20 20" aria-hidden="true"><path class="fault" d="M3 3h14l-7 14z"/></svg> A fault begins; small: is in force</li>
        <li><svg viewBox="0 0 20 20" aria-hidden="true"><path class="lost" d="M4 4l12 12M16 4L4 16"/></svg> Not delivered</li>
        </ul>
        """#
}
