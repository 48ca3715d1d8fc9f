import BlueZRadio
import Glibc
import Settings

/// Looks at the adapters that a radio over Bluetooth would use.
struct AdapterExamination {
    let survey: Result<AdapterSurvey, SurveyError>
    /// Nil where the settings cannot be read: all adapters are looked at then, and what is bad of one is noted only, as it
    /// may not be the one that is meant.
    let settings: RadioSettings?
    let machine: ExaminedMachine

    var findings: [Finding] {
        switch survey {
        case .success(let survey): judge(survey)
        case .failure(let error): [untold(error)]
        }
    }

    /// The names of those that are used, such as `hci0`; what the settings name by address is among them if it is there.
    var used: Set<String> {
        guard let settings, let survey = try? survey.get() else { return [] }
        guard !settings.adapters.isEmpty else { return survey.chosen.map { [$0.name] } ?? [] }
        let there = survey.adapters.filter { adapter in settings.adapters.contains(where: adapter.isNamed) }
        return Set(settings.adapters).union(there.map(\.name))
    }

    private func untold(_ error: SurveyError) -> Finding {
        let words = String(cString: strerror(error.number))
        let finding = Finding(
            "adapter", .bad, "the kernel does not tell what adapters there are: \(words)",
            remedy: "sudo systemctl restart bluetooth, or restart the machine")
        return settings == nil ? finding.asNote : finding
    }

    private func judge(_ survey: AdapterSurvey) -> [Finding] {
        let all = survey.adapters.flatMap(judge) + survey.mute.map(Self.mute)
        guard let settings else { return (all.isEmpty ? [Self.none] : all).map(\.asNote) }
        if settings.adapters.isEmpty {
            if let chosen = survey.chosen { return judge(chosen) + survey.mute.map(Self.mute).map(\.asNote) }
            return all.isEmpty ? [Self.none] : all
        }
        let others = survey.mute.filter { !settings.adapters.contains($0) }
        return settings.adapters.flatMap { judge($0, of: survey) } + others.map(Self.mute).map(\.asNote)
    }

    private func judge(_ name: String, of survey: AdapterSurvey) -> [Finding] {
        if let adapter = survey.adapters.first(where: { $0.isNamed(name) }) { return judge(adapter) }
        if survey.mute.contains(name) { return [Self.mute(name)] }
        let there = survey.adapters.map { "\($0.name) (\($0.addressText))" }.joined(separator: ", ")
        return [
            Finding(
                "adapter \(name)", .bad, "it is not there" + (there.isEmpty ? "" : "; there is \(there)"),
                remedy: "plug it in, or change radio.bluez.adapters")
        ]
    }

    private static let none = Finding(
        "adapter", .bad, "there is none", remedy: "plug one in that has Bluetooth 4.0 or later")

    private static func mute(_ name: String) -> Finding {
        Finding(
            "adapter \(name)", .bad, "it does not say what it is",
            remedy: "unplug it and plug it in, or restart the machine")
    }

    // MARK: One adapter

    private func judge(_ adapter: AdapterSurvey.Adapter) -> [Finding] {
        let part = "adapter \(adapter.name)"
        guard adapter.hasLowEnergy else {
            return [
                Finding(part, .bad, "it has no Bluetooth Low Energy", remedy: "plug in one with Bluetooth 4.0 or later")
            ]
        }
        guard adapter.isFit else {
            return [
                Finding(
                    part, .bad, "it has no public address, which links need",
                    remedy: "plug in another, or give it an address of its own if its driver takes one: "
                        + "sudo btmgmt --index \(adapter.index) public-addr AA:BB:CC:DD:EE:FF")
            ]
        }
        let powersOn = settings?.powersOn ?? false
        guard adapter.isOn || powersOn else {
            let words = adapter.isPowered ? "its Low Energy is switched off" : "it is switched off"
            return [Finding(part, .bad, words, remedy: switchingOn(adapter))]
        }
        let slots = adapter.advertisingInstancesMax.map { ", room for \($0) advertisements" } ?? ""
        let power = adapter.isOn ? "" : "; it is off, and the daemon switches it on"
        return [Finding(part, .fine, "\(adapter.addressText), Low Energy\(slots)\(power)")] + privacy(adapter)
    }

    /// Of this adapter, and of no other as `bluetoothctl power on` might; and with what is there.
    private func switchingOn(_ adapter: AdapterSurvey.Adapter) -> String {
        let command = "sudo btmgmt --index \(adapter.index) \(adapter.isPowered ? "le" : "power") on"
        let setting = "set radio.bluez.power_on to true, then sudo systemctl restart sidegated"
        return access(machine.btmgmt, X_OK) == 0 ? "\(command); or \(setting)" : setting
    }

    private func privacy(_ adapter: AdapterSurvey.Adapter) -> [Finding] {
        guard !adapter.isPrivate else { return [] }
        return [
            Finding(
                "adapter \(adapter.name)", .note,
                "its own address stands in every beacon: whoever is near can recognise this bridge",
                remedy: "set Privacy = device in \(machine.bluetoothdSettings), then sudo systemctl restart bluetooth")
        ]
    }
}
