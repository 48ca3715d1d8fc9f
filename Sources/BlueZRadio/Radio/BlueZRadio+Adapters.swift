import Glibc
import RadioInterface
import RadioSockets
import Wire

/// The adapters: which are used, what they are told, and what state that makes.
extension BlueZRadio {
    static let adaptersKnownMax = AdapterSurvey.adaptersMax
    static let lookingWords = "looking for an adapter"
    private static let listenRetryMilliseconds: Int64 = 5_000

    func place(_ index: UInt16) -> Int? { adapters.firstIndex { $0.index == index } }

    func addAdapter(_ index: UInt16) {
        guard place(index) == nil, index != ManagementPacket.indexNone else { return }
        guard adapters.count < Self.adaptersKnownMax else {
            // Each survey lists them again.
            if ignoredAdapters.insert(index).inserted { counters.adaptersIgnored &+= 1 }
            return
        }
        adapters.append(AdapterSlot(machine: newMachine(index)))
        adapters.sort { $0.index < $1.index }
    }

    func removeAdapter(_ index: UInt16) {
        guard let place = place(index) else { return }
        closeListener(place)
        counters.controllersRevived &+= adapters[place].machine.revival.count
        let wasUsed = adapters.remove(at: place).machine.isSelected
        endChannels(of: index)
        // Another one may take over, and is to be set up first.
        select()
        if wasUsed, !adapters.contains(where: { $0.machine.isUp && $0.machine.isSettled }) { look() }
    }

    private func newMachine(_ index: UInt16) -> Adapter {
        Adapter(index: index, settings: settings)
    }

    /// Asks anew what an adapter is; channels over it stay, and what the kernel holds for us is still ours.
    func renew(_ place: Int, now: Instant) {
        var machine = newMachine(adapters[place].index)
        machine.inherit(adapters[place].machine)
        let wasUsed = adapters[place].machine.isSelected
        adapters[place].machine = machine
        // The one that is used without a name stays the one.
        if wasUsed, settings.adapters.isEmpty { use(place) }
        for channel in channels.indices
        where channels[channel].isConnecting && channels[channel].isPauseAsked
            && channels[channel].adapter == adapters[place].index
        {
            adapters[place].machine.connectStarted(spread: 0, now: now)
        }
    }

    /// After each event and answer.
    func adapterChanged(_ place: Int) {
        select()
        if adapters[place].isGone {
            closeListener(place)
            endChannels(of: adapters[place].index)
        }
    }

    /// The adapters named, or the first that can be used: one that is on, and only without such one that is off.
    private func select() {
        for place in adapters.indices where !adapters[place].machine.isSelected {
            guard let address = adapters[place].address else { continue }
            let index = adapters[place].index
            if settings.adapters.contains(where: { $0.matches(index: index, address: address.value) }) { use(place) }
        }
        guard settings.adapters.isEmpty else { return }
        let ready = adapters.firstIndex { $0.machine.isFit && $0.machine.isOn }
        if let used = adapters.firstIndex(where: { $0.machine.isSelected }) {
            guard let ready, isKnown(used), !adapters[used].machine.isOn, !adapters[used].machine.isReviving else {
                return
            }
            adapters[used].machine.deselect()
            use(ready)
            look()
        } else if isKnown, let place = ready ?? adapters.firstIndex(where: { $0.machine.isFit }) {
            use(place)
        }
    }

    private func use(_ place: Int) {
        adapters[place].machine.select()
        adapters[place].machine.want(payloads)
    }

    /// Sends what is due.
    func runAdapters(now: Instant) {
        guard management.isOpen else { return }
        for place in adapters.indices {
            let silences = adapters[place].machine.silences
            while let command = adapters[place].machine.command(now: now) {
                changes = true
                management.send(command)
            }
            if adapters[place].machine.silences > silences {
                counters.commandsSilent &+= 1
                changes = true
                // One that does not say what it is holds up no other.
                select()
                // Is it the adapter that does not answer, or the kernel?
                if !management.isAsking { management.ask(.readVersion, now: now) }
            }
            if adapters[place].wantsListener, adapters[place].listenDue <= now { listen(place, now: now) }
        }
    }

    // MARK: Listening

    private func listen(_ place: Int, now: Instant) {
        guard let address = adapters[place].address else { return }
        changes = true
        switch sockets.listen(on: address, messageBytesMax: messageBytesMax) {
        case .success(let descriptor):
            let interest = acceptsResume == .distantFuture ? EpollSet.readable : 0
            let number = poll.add(descriptor, interest, token: PollToken.listener(adapters[place].index).value)
            guard number == 0 else {
                Glibc.close(descriptor)
                return listenFailed(place, number, now: now)
            }
            adapters[place].listener = descriptor
            adapters[place].listenProblem = nil
        case .failure(let error): listenFailed(place, error.number, now: now)
        }
    }

    private func listenFailed(_ place: Int, _ number: Int32, now: Instant) {
        let words = number == EADDRINUSE ? "another program has its channel number 0x00a3" : errorWords(number)
        adapters[place].listenProblem = "\(adapters[place].machine.name) takes no links: \(words)"
        adapters[place].listenDue = now.advanced(milliseconds: Self.listenRetryMilliseconds)
    }

    func closeListener(_ place: Int) {
        guard adapters[place].listener >= 0 else { return }
        Glibc.close(adapters[place].listener)
        adapters[place].listener = -1
        adapters[place].listenDue = .atOnce
    }

    // MARK: State

    /// What keeps all of it from working, if anything does.
    var problem: String? {
        if let problem = management.problem { return problem }
        guard isListed else { return nil }
        guard !adapters.isEmpty else {
            return "there is no Bluetooth adapter: plug one in, or see what `dmesg` says of it"
        }
        let used = adapters.filter { $0.machine.isSelected }
        guard used.isEmpty else { return nil }
        guard isKnown else { return nil }
        guard settings.adapters.isEmpty else { return missingWords.joined(separator: "; ") }
        let words = adapters.compactMap(\.machine.downWords)
        return words.isEmpty ? nil : words.joined(separator: "; ")
    }

    /// Each adapter has said what it is, or shown that it does not.
    private var isKnown: Bool { adapters.indices.allSatisfy { isKnown($0) } }

    private func isKnown(_ place: Int) -> Bool {
        adapters[place].machine.info != nil || adapters[place].machine.powerProblem != nil
    }

    private var missingWords: [String] {
        guard isKnown else { return [] }
        let mute = adapters.filter { $0.machine.info == nil }
        return settings.adapters.compactMap { name in
            let isThere = adapters.contains { slot in
                slot.machine.isSelected && name.matches(index: slot.index, address: slot.address?.value ?? .max)
            }
            guard !isThere else { return nil }
            if case .index(let index) = name, let slot = mute.first(where: { $0.index == index }) {
                return slot.machine.downWords
            }
            let missing = "there is no adapter \(name): `bluetoothctl list` shows which there are"
            // An address is not known until the adapter says it.
            guard case .address = name, !mute.isEmpty else { return missing }
            return "\(missing); \(mute.compactMap(\.machine.downWords).joined(separator: "; "))"
        }
    }

    /// Settles the state. While something is being set up it stays what it was.
    func judge() {
        if let problem {
            state = .down(problem)
            return
        }
        let used = adapters.filter { $0.machine.isSelected }
        guard !used.isEmpty else { return look() }
        let words = used.compactMap(\.machine.downWords)
        let working = used.filter { $0.machine.isUp && $0.machine.downWords == nil }
        guard !working.isEmpty else {
            if used.allSatisfy({ $0.machine.isSettled || $0.machine.downWords != nil }), !words.isEmpty {
                state = .down(words.joined(separator: "; "))
            }
            return
        }
        // One that is still being set up says nothing against the others.
        let settled = working.filter { $0.machine.isSettled }
        guard !settled.isEmpty else { return }
        let worse =
            words + missingWords + settled.compactMap(\.listenProblem) + settled.compactMap(\.machine.degradedWords)
        if worse.isEmpty {
            state = .up
        } else if settled.allSatisfy(\.machine.isDeafAndMute) {
            state = .down(worse.joined(separator: "; "))
        } else {
            state = .degraded(worse.joined(separator: "; "))
        }
    }

    /// There is no adapter to judge by. Why it is down already, if it is, says more.
    private func look() {
        if case .down = state { return }
        state = .down(Self.lookingWords)
    }
}
