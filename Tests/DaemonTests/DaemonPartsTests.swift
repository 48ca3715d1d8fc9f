import BlueZRadio
import Bridging
import Devices
import Foundation
import Settings
import Storage
import Synchronization
import Testing
import Wire

@testable import Daemon

/// Parts of the daemon by themselves.
@Suite struct DaemonPartsTests {
    @Test func keptMessagesComeInOrderAndAreBounded() {
        var kept = KeptMessages()
        for number in 0..<UInt8(KeptMessages.messagesMax) {
            #expect([number, 7].withUnsafeBytes { kept.append($0, isPacket: false) })
        }
        #expect(![99 as UInt8].withUnsafeBytes { kept.append($0, isPacket: false) })
        var taken: [UInt8] = []
        var left = 5
        let isDone = kept.flush { bytes in
            guard left > 0 else { return false }
            left -= 1
            taken.append(bytes[0])
            return true
        }
        #expect(!isDone)
        #expect([200 as UInt8, 7].withUnsafeBytes { kept.append($0, isPacket: false) })
        let isEmptied = kept.flush { bytes in
            taken.append(bytes[0])
            return bytes.count == 2
        }
        #expect(isEmptied)
        #expect(taken == Array(0..<UInt8(KeptMessages.messagesMax)) + [200])
        #expect(kept.isEmpty)
    }

    @Test func keptMessagesHoldAPacketUntilItIsTaken() {
        var kept = KeptMessages()
        func keep(_ type: MessageType) -> Bool {
            [7 as UInt8].withUnsafeBytes { kept.append($0, isPacket: type == .packet) }
        }
        func take(_ count: Int) {
            var left = count
            _ = kept.flush { _ in
                left -= 1
                return left >= 0
            }
        }
        #expect(keep(.routes) && !kept.holdPacket)
        #expect(keep(.packet) && keep(.record) && kept.holdPacket)
        take(1)
        #expect(kept.holdPacket)
        // Here those taken make way.
        #expect(keep(.routes) && kept.holdPacket)
        take(1)
        #expect(!kept.holdPacket && kept.count == 2)
        #expect(keep(.packet) && kept.holdPacket)
        take(1)
        #expect(keep(.routes) && kept.holdPacket)
        take(3)
        #expect(kept.isEmpty && !kept.holdPacket)
        #expect(keep(.routes) && !kept.holdPacket)
    }

    @Test func everyNoCountsByItself() {
        let changes: [(inout HostingNoes) -> Void] = [
            { $0.byCommand = true }, { $0.bySettings = true }, { $0.byOption = true }, { $0.settingsProblems = ["x"] },
            { $0.diskProblem = "y" }, { $0.scheduleClosed = "z" },
            { $0.temporary = TemporaryNo(until: 1, said: 0, start: BootTime(boot: "b", seconds: 0)) },
        ]
        #expect(HostingNoes().isNo)
        for change in changes {
            var noes = HostingNoes(byCommand: false)
            #expect(!noes.isNo)
            #expect(noes.words.isEmpty)
            change(&noes)
            #expect(noes.isNo)
            #expect(noes.words.count == 1)
        }
    }

    @Test func everyProblemOfTheSettingsIsTold() {
        func problems(_ count: Int) -> [SettingsProblem] {
            settingsProblems(of: (1...count).map { "key_\($0)_that_is_none: 1" }.joined(separator: "\n"))
        }
        var noes = HostingNoes(byCommand: false)
        noes.note(problems(3), of: "/s.yaml")
        #expect(noes.words.count == 3)
        for number in 1...3 { #expect(noes.words[number - 1].contains("key_\(number)_that_is_none")) }
        noes.note(problems(20), of: "/s.yaml")
        #expect(noes.words.count == HostingNoes.settingsProblemsMax + 1)
        #expect(noes.words.last?.contains("12 more: sidegate config check --settings /s.yaml") == true)
        noes.note([], of: "/s.yaml")
        #expect(noes.words.count == 1)
    }

    @Test func settingsNameAsManyAdaptersAsTheRadioUses() {
        for (count, problems) in [(BlueZSettings.adaptersMax, 0), (BlueZSettings.adaptersMax + 1, 1)] {
            let names = (0..<count).map { "hci\($0)" }.joined(separator: ", ")
            #expect(settingsProblems(of: "radio: {bluez: {adapters: [\(names)]}}").count == problems)
        }
    }

    /// The store fills a window of which it has lost rows as far as a window goes.
    @Test func windowThatTheStoreFilledLetsNothingInAgain() {
        #expect(StorageLimit.windowCounters == CounterWindow.counters)
        let top: UInt32 = 5_000
        let filled = (top - UInt32(StorageLimit.windowCounters) + 1...top).flatMap { counter in
            [UInt64.max, .max - 1].map { CounterWindow.Row(counter: counter, frame: $0) }
        }
        var window = CounterWindow(rows: filled)
        for counter in 0...top { #expect(window.admit(counter: counter, frame: 7) != .new) }
        #expect(window.admit(counter: top + 1, frame: 7) == .new)
    }

    @Test(arguments: [
        ("Letter box", "letter_box"), ("  Küche -- 2 ", "k_che_2"), ("日本", "device"), ("a/#+b", "a_b"),
        (String(repeating: "x", count: 90), String(repeating: "x", count: 48)),
    ])
    func nameBecomesAWordThatTopicsHold(name: String, word: String) {
        #expect(TopicWord.word(for: name) == word)
    }

    @Test func inboxTakesNoMoreThanItsBounds() {
        let inbox = StoreInbox()
        #expect(inbox.add(reservation: .init(day: 1, totalBytes: 1)) == true)
        for _ in 1..<StoreInbox.reservationsMax {
            #expect(inbox.add(reservation: .init(day: 1, totalBytes: 1)) == false)
        }
        #expect(inbox.add(reservation: .init(day: 1, totalBytes: 1)) == nil)
        for id in 0..<UInt64(StoreInbox.recordsMax + 3) { _ = inbox.add(record: id, .remove) }
        let (batch, lost) = inbox.take()
        #expect(batch.records.count == StoreInbox.recordsMax)
        #expect(lost == 3)
        #expect(inbox.add(record: 1, .put([1])) == true)
        inbox.giveBack([1: .remove, 2: .remove])
        guard case .put = inbox.take().batch.records[1] else {
            Issue.record("an older change replaced a newer")
            return
        }
    }

    @Test func noInAFileIsToldAtOnceAndItsEndOnlyOnceTheFileIsStill() async throws {
        let folder = "/tmp/watch-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = "\(folder)/sidegate.yaml"
        func write(_ text: String) throws { try text.write(toFile: file, atomically: false, encoding: .utf8) }
        try write("hosting: {opt_out: true}")
        let files = SettingsFiles(directory: folder, defaultName: "x")
        let loop = try WatchLoop()
        let watch = await SettingsWatch(files: files, on: loop)
        let (told, teller) = AsyncStream.makeStream(of: Bool?.self)
        let known = files.fingerprint()
        let task = Task {
            await watch.run(since: known) { outcome in
                guard case .loaded(let settings) = outcome else {
                    _ = teller.yield(nil)
                    return
                }
                teller.yield(settings.hosting.optOut == true)
            }
        }
        var words = told.makeAsyncIterator()
        // An editor empties a file before it writes: the empty file must not pass for the end of the no.
        try write("")
        try write("hosting: {opt_out: true}\n")
        #expect(await words.next() == true)
        try write("hosting: {opt_out")
        #expect(await words.next() == .some(nil))
        try write("hosting: {opt_out: false}")
        #expect(await words.next() == false)
        try write("hosting: {opt_out: true}")
        #expect(await words.next() == true)
        await watch.stop()
        await task.value
    }
}

/// What is wrong with a settings file of this text.
private func settingsProblems(of text: String) -> [SettingsProblem] {
    let path = NSTemporaryDirectory() + "sidegate-settings-" + UUID().uuidString
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try? text.write(toFile: path + "/sidegate.yaml", atomically: true, encoding: .utf8)
    let files = SettingsFiles(mainFile: path + "/sidegate.yaml", dropInDirectory: path + "/conf.d", defaultName: "x")
    guard case .failed(let problems) = files.load() else { return [] }
    return problems
}
