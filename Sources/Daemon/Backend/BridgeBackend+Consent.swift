import ControlAPI
import Storage

/// A no and a yes. A no is in force before it is stored and stored before it is answered; a yes is stored before it is
/// in force. What goes wrong between leaves a no.
extension BridgeBackend {
    /// A no to hosting waits for no other command: it is in force at once and is stored when its turn comes.
    func sayNoAheadOfOthers(_ subject: ConsentSubject) async -> ControlReply {
        noesAhead.add(1, ordering: .sequentiallyConsistent)
        defer { noesAhead.subtract(1, ordering: .sequentiallyConsistent) }
        let dropped = await host.changeNoes { $0.byCommand = true }
        return await turnstile.run { [self] in
            do throws(ControlFailure) {
                return .consent(try await sayNo(subject, droppedBefore: dropped))
            } catch {
                return .failed(error)
            }
        }
    }

    func sayNo(_ subject: ConsentSubject, droppedBefore: Int) async throws(ControlFailure) -> ConsentReport {
        var dropped = droppedBefore
        switch subject {
        case .hosting: dropped += try await sayNoToHosting()
        case .device(let name): try await host.setDeviceNo(true, device: try await device(named: name).id)
        case .requests: try await setNo(.requests, true)
        case .all:
            dropped += try await sayNoToHosting()
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
        case .hosting: try await sayYesToHosting()
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

    private func sayNoToHosting() async throws(ControlFailure) -> Int {
        let dropped = await host.changeNoes { $0.byCommand = true }
        try await setNo(.hosting, true)
        return dropped
    }

    private func sayYesToHosting() async throws(ControlFailure) {
        try await setNo(.hosting, false)
        // A no that came later and waits its turn stands.
        await host.changeNoes { [self] in $0.byCommand = noesAhead.load(ordering: .sequentiallyConsistent) > 0 }
    }

    private func setNo(_ subject: NoSubject, _ isNo: Bool) async throws(ControlFailure) {
        let now = Int64(SystemTime.now.wall.seconds)
        try await host.fromDisk { store throws(StorageError) in try store.setNo(subject, isNo, now: now) }
    }

    /// How things stand now.
    private func consent(_ subject: ConsentSubject, dropped: Int) async throws(ControlFailure) -> ConsentReport {
        var noes: [String] = []
        if subject == .hosting || subject == .all { noes += await host.noes.words }
        if subject == .requests || subject == .all,
            try await host.fromDisk({ store throws(StorageError) in try store.isNo(.requests) })
        {
            noes.append("requests are not shown: sidegate opt-in requests lifts it")
        }
        for device in try await storedDevices() where device.isOptedOut {
            guard subject == .all || subject == .device(device.name) else { continue }
            noes.append("\(device.name) is opted out: sidegate opt-in device \"\(device.name)\" lifts it")
        }
        return ConsentReport(subject: subject, yes: noes.isEmpty, noes: noes, droppedPackets: dropped)
    }
}
