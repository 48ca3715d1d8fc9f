/// What a week did, so that its end says how much was tried.
struct WeekTally {
    var hours = 0
    var troubles: [String: Int] = [:]
    var kills = 0
    var tornBytes = 0
    var rescues = 0
    var refusals = 0
    var ownStates = 0
    var statesOverTheStreet = 0
    var heldBack = 0
    var triggersSent = 0
    var triggersDelivered = 0
    var databaseBytesMax = 0
    private var acknowledged = 0
    private var refused = 0
    private var cutShort = 0

    mutating func add(_ resident: Resident) {
        acknowledged += resident.acknowledged
        refused += resident.refused
        cutShort += resident.cutShort
    }

    var text: String {
        let lines = troubles.sorted { $0.key < $1.key }.map { "\($0.value) times: \($0.key)" }
        return lines.joined(separator: "\n") + "\n" + """
            daemons killed \(kills); commands acknowledged \(acknowledged), refused \(refused), cut short by a kill \(cutShort)
            bytes of logs torn \(tornBytes); databases rescued \(rescues), beyond rescue and told so \(refusals)
            own states delivered \(ownStates), states over the street \(statesOverTheStreet), held back where they had to be \(heldBack)
            triggers sent \(triggersSent), delivered \(triggersDelivered), none twice
            largest database \(databaseBytesMax / 1024) kB
            """
    }
}
