import ControlAPI
import Storage

/// A no and a yes. A no is in force before it is stored and stored before it is answered; a yes is stored before it is
/// in force. What goes wrong between leaves a no.
extension BridgeBackend {
    /// A no to hosting waits for no other command: it is in force at once and is stored when its turn comes.
    func sayNoAheadOfOthers(_ subject: ConsentSubject) async -> ControlReply {
        noesAhead.add(1, ordering: .sequentiallyConsistent)
        defer { noesAhead.subtract(1, ordering: .sequentiallyConsistent) }
        let temporary = Self.temporaryNo(subject)
        let dropped = await host.changeNoes { $0.add(temporary) }
        return await turnstile.run { [self] in
            do throws(ControlFailure) {
                return .consent(try await sayNo(subject, temporary, droppedBefore: dropped))
            } catch {
                return .failed(error)
            }
        }
    }

    /// A no that is to end by itself, as it is taken: refused if its end has passed or is too far, and without an end
    /// if the clock cannot be relied on, for then nobody knows when that would be.
    func withUsableEnd(_ subject: ConsentSubject) async throws(ControlFailure) -> ConsentSubject {
        guard case .hostingUntil(let until) = subject else { return subject }
        guard try await host.report().bridge.clock == .good else { return .hosting }
        let seconds = until - Int64(SystemTime.now.wall.seconds)
        guard seconds > 0 else { throw ControlFailure(.badRequest, "untilUnixSeconds: this time has passed") }
        guard seconds <= TemporaryNo.secondsMax else {
            throw ControlFailure(
                .badRequest, "untilUnixSeconds: this is more than a year away", remedy: "say no without an end")
        }
        return subject
    }

    private static func temporaryNo(_ subject: ConsentSubject) -> TemporaryNo? {
        guard case .hostingUntil(let until) = subject else { return nil }
        return TemporaryNo(until: until, said: Int64(SystemTime.now.wall.seconds), start: .now)
    }

    func sayNo(
        _ subject: ConsentSubject, _ temporary: TemporaryNo? = nil, droppedBefore: Int
    ) async throws(ControlFailure) -> ConsentReport {
        var dropped = droppedBefore
        switch subject {
        case .hosting, .hostingUntil: dropped += try await sayNoToHosting(temporary)
        case .device(let name): try await host.setDeviceNo(true, device: try await device(named: name).id)
        case .requests: try await setNo(.requests, true)
        case .all:
            dropped += try await sayNoToHosting(nil)
            try await setNo(.requests, true)
            for device in try await storedDevices() where !device.isOptedOut {
                try await host.setDeviceNo(true, device: device.id)
            }
        }
        if let problem = await host.noes.storeProblem {
            throw ControlFailure(
                .failed, "the no is in force, but may not outlive the machine's next start: \(problem)")
        }
        return try await consent(subject, dropped: dropped)
    }

    func sayYes(_ subject: ConsentSubject) async throws(ControlFailure) -> ConsentReport {
        switch subject {
        case .hosting, .hostingUntil: try await sayYesToHosting()
        case .device(let name): try await host.setDeviceNo(false, device: try await device(named: name).id)
        case .requests: try await setNo(.requests, false)
        case .all:
            try await sayYesToHosting()
            try await setNo(.requests, false)
            for device in try await storedDevices() where device.isOptedOut {
                try await host.setDeviceNo(false, device: device.id)
            }
        }
        return try await consent(subject, dropped: 0)
    }

    private func sayNoToHosting(_ temporary: TemporaryNo?) async throws(ControlFailure) -> Int {
        let dropped = await host.changeNoes { $0.add(temporary) }
        guard temporary != nil else {
            await host.noteUnstoredNo(true)
            try await setNo(.hosting, true)
            await host.noteUnstoredNo(false)
            return dropped
        }
        // What stands already may last longer.
        guard let standing = await host.noes.temporary else { return dropped }
        let isNo = try await host.fromDisk { store throws(StorageError) in
            try store.setTemporaryNo(standing.stored)
            return try store.isNo(.hosting)
        }
        // A no without an end that could not be stored stands, and is stored with this one.
        if await host.hasUnstoredNo {
            try await setNo(.hosting, true)
            await host.noteUnstoredNo(false)
            return dropped
        }
        // A yes that went before this may have left a no in force that the disk has no more.
        await host.changeNoes { [self] in
            if noesAhead.load(ordering: .sequentiallyConsistent) <= 1 { $0.byCommand = isNo }
        }
        return dropped
    }

    private func sayYesToHosting() async throws(ControlFailure) {
        let now = Int64(SystemTime.now.wall.seconds)
        try await host.fromDisk { store throws(StorageError) in try store.withdrawNoToHosting(now: now) }
        await host.noteUnstoredNo(false)
        // A no that came later and waits its turn stands.
        await host.changeNoes { [self] noes in
            guard noesAhead.load(ordering: .sequentiallyConsistent) == 0 else { return }
            noes.byCommand = false
            noes.temporary = nil
            noes.lost = 0
        }
    }

    private func setNo(_ subject: NoSubject, _ isNo: Bool) async throws(ControlFailure) {
        let now = Int64(SystemTime.now.wall.seconds)
        try await host.fromDisk { store throws(StorageError) in try store.setNo(subject, isNo, now: now) }
    }

    /// How things stand now.
    private func consent(_ subject: ConsentSubject, dropped: Int) async throws(ControlFailure) -> ConsentReport {
        var noes: [String] = []
        if subject.what == "hosting" || subject == .all { noes += await host.wordsAgainstLending }
        if subject == .requests || subject == .all,
            try await host.fromDisk({ store throws(StorageError) in try store.isNo(.requests) })
        {
            noes.append("requests are not shown: sidegate opt-in requests lifts it")
        }
        for device in try await storedDevices() {
            // A yes to all is not undone by a device that has come to its end.
            if subject == .device(device.name), let no = device.lastingNo(now: SystemTime.now.wall) {
                noes.append("\(no.why): \(no.remedy)")
            }
            guard device.isOptedOut, subject == .all || subject == .device(device.name) else { continue }
            noes.append("\(device.name) is opted out: sidegate opt-in device \"\(device.name)\" lifts it")
        }
        return ConsentReport(subject: subject, yes: noes.isEmpty, noes: noes, droppedPackets: dropped)
    }
}
