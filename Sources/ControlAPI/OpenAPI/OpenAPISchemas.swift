/// The shapes of the API's requests and answers. Tests hold each against the types that are really sent.
enum OpenAPISchemas {
    static let all: [String: JSONTree] = requests.merging(answers) { first, _ in first }
        .merging(parts) { first, _ in first }

    private static let requests: [String: JSONTree] = [
        "NetworkCreation": .record([:], optional: ["network": .name(.member), "name": .name(.member)]),
        "NetworkJoining": .record(["code": .anyText], optional: ["name": .name(.member)]),
        "DeviceAddition": .record(
            [
                "address": .pattern("^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$"),
                "bindKey": .pattern("^[0-9A-Fa-f]{32}$"), "name": .name(.device),
                "class": .words(DeviceAddition.classes.map(\.rawValue)),
                "scope": .many(.words(of: ScopeStep.self), max: ScopeStep.allCases.count),
            ],
            optional: [
                "addressType": .words(of: AddressType.self),
                "deliver": .many(.name(.device), max: DeviceAddition.deliverCountMax),
                "ratePerMinute": .whole(DeviceAddition.ratePerMinuteRange),
                "optInDays": .whole(DeviceAddition.optInDaysRange),
            ]),
        "HomeExport": .record(["passphrase": .anyText]),
        "HomeImport": .record(["passphrase": .anyText, "home": .anyText]),
        "No": .record(
            ["what": .words(["hosting", "requests", "device", "all"])],
            optional: ["device": .name(.device), "untilUnixSeconds": .whole(0...Int(UInt32.max))]),
        "Yes": .record(
            ["what": .words(["hosting", "requests", "device", "all"])], optional: ["device": .name(.device)]),
    ]

    private static let answers: [String: JSONTree] = [
        "Nothing": .record([:]),
        "Error": .record(
            ["error": .words(of: ControlFailure.Code.self), "message": .anyText], optional: ["remedy": .anyText]),
        "NetworkSummary": .record(["name": .anyText, "memberCount": .count]),
        "Invitation": .record([
            "code": .pattern("^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$"), "lifeSeconds": .count,
        ]),
        "MemberList": .record(["network": .reference("NetworkSummary"), "members": .many(.reference("Member"))]),
        "DeviceTest": .record([
            "name": .anyText, "cameBack": .flag,
            "neighbours": .many(.record(["name": .anyText], optional: ["milliseconds": .count, "via": .anyText])),
        ]),
        "HomeFile": .record(["home": .anyText, "deviceCount": .count]),
        "HomeSummary": .record(["name": .anyText, "deviceCount": .count]),
        "DeviceTrace": .record([
            "name": .anyText, "isClear": .flag,
            "steps": .many(
                .record(
                    [
                        "step": .words(of: DeviceTrace.Name.self), "state": .words(of: DeviceTrace.State.self),
                        "detail": .anyText,
                    ], optional: ["remedy": .anyText, "lastUnixSeconds": .time])),
        ]),
        "DeviceList": .record(["devices": .many(.reference("Device"))]),
        "ConsentReport": .record([
            "subject": .reference("No"), "yes": .flag, "noes": .many(.anyText), "droppedPackets": .count,
        ]),
        "Ledger": .record([
            "entries": .many(.reference("LedgerEntry")), "drops": .many(.reference("LedgerDrops")),
            "monthUsedBytes": .count, "monthLimitBytes": .count,
        ]),
        "Holdings": .record([
            "packets": .many(.reference("HeldPacket")), "holdings": .many(.reference("Holding")),
            "totals": .record([
                "memoryCount": .count, "memoryBytes": .count, "diskCount": .count, "diskBytes": .count,
            ]),
        ]),
        "Status": status,
        "WatchEvent": .record(
            ["kind": .words(of: WatchEvent.Kind.self), "unixMilliseconds": .count],
            optional: [
                "bytes": .count, "class": .words(of: TrafficClass.self), "reason": .anyText, "device": .anyText,
                "count": .count,
            ]),
    ]

    private static let parts: [String: JSONTree] = [
        "Device": .record(
            [
                "name": .anyText, "address": .pattern("^[0-9A-F]{2}(:[0-9A-F]{2}){5}$"),
                "addressType": .words(of: AddressType.self), "class": .words(of: TrafficClass.self),
                "scope": .many(.words(of: ScopeStep.self)), "ratePerMinute": .count,
                "state": .words(of: DeviceSummary.State.self), "optInEndsUnixSeconds": .time, "received": .count,
                "missed": .count, "isSilent": .flag, "silentAfterSeconds": .count,
            ],
            optional: [
                "deliver": .many(.anyText), "lastHeardUnixSeconds": .time, "battery": .whole(0...100),
                "note": .anyText,
            ]),
        "Member": .record(
            ["id": .anyText, "name": .anyText, "isSelf": .flag, "isLinked": .flag], optional: ["inviterID": .anyText]),
        "LedgerEntry": .record([
            "dayUnixSeconds": .time, "class": .words(of: TrafficClass.self), "packets": .count, "bytes": .count,
        ]),
        "LedgerDrops": .record(["dayUnixSeconds": .time, "reason": .anyText, "packets": .count]),
        "HeldPacket": .record(["class": .words(of: TrafficClass.self), "bytes": .count, "goneUnixSeconds": .time]),
        "Holding": .record(
            [
                "kind": .words(of: HoldingsReport.Kind.self), "place": .words(of: HoldingsReport.Place.self),
                "count": .count, "gone": .anyText,
            ], optional: ["bytes": .count, "goneUnixSeconds": .time]),
        "Link": .record([
            "peer": .anyText, "direction": .words(["incoming", "outgoing"]), "upSeconds": .count,
        ]),
    ]

    private static let status = JSONTree.record(
        [
            "version": .anyText, "uptimeSeconds": .count, "name": .anyText,
            "hosting": .record(
                ["lends": .flag, "noes": .many(.anyText)],
                optional: [
                    "untilUnixSeconds": .time, "classes": .many(.words(of: TrafficClass.self)),
                    "schedule": .many(.anyText),
                ]),
            "showsRequests": .flag, "links": .many(.reference("Link")), "linksMax": .count, "routeCount": .count,
            "liveGrants": .count,
            "caps": .record([
                "rateBitsPerSecond": .count, "burstBytes": .count, "todayUsedBytes": .count, "monthUsedBytes": .count,
                "monthLimitBytes": .count,
            ]),
            "holdings": .record(["packets": .count, "bytes": .count]),
            "dropsToday": .many(.record(["reason": .anyText, "count": .count])),
            "devices": .many(.reference("Device")),
            "radio": .record(
                ["kind": .anyText, "isUp": .flag],
                optional: ["isDegraded": .flag, "isPermitted": .flag, "detail": .anyText]),
            "broker": .record(
                ["state": .words(["off", "connecting", "connected"]), "outboxCount": .count],
                optional: ["detail": .anyText]),
            "clock": .record(["isTrusted": .flag], optional: ["detail": .anyText]),
        ],
        optional: [
            "memberID": .anyText, "network": .reference("NetworkSummary"), "movedUnixSeconds": .time,
            "databaseProblem": .anyText, "isService": .flag,
            "troubles": .many(.record(["kind": .anyText, "words": .anyText, "count": .count])),
        ])
}
