import RadioInterface

extension ConformanceRun {
    mutating func firstPollTellsState() throws {
        try withRadios(1) { stage in
            try stage.expect("the first polls should tell the state") { !stage.recorders[0].states.isEmpty }
            try met(stage.recorders[0].states == [.up], "it should be up, not \(stage.recorders[0].states)")
        }
    }

    mutating func advertisementIsHeardWhereItShould() throws {
        func hears(listener: Int, sender: Int) -> Bool { !(sender == 0 && listener == 2) }
        try withRadios(3, hears: hears) { stage in
            let address = try stage.hear(0, by: 1)
            try met(address == stage.radios[0].address, "the address heard should be the radio's own")
            let signal = stage.recorders[1].heard(stage.beacon(0))?.signalDBm ?? 127
            try met(signal <= 20, "a signal is at most 20 dBm, this is \(signal)")
            try met(stage.recorders[0].heard(stage.beacon(0)) == nil, "a radio should not hear itself")
            guard !stage.traits.everyoneHears else { return }
            stage.run(milliseconds: 300)
            try met(stage.recorders[2].heard(stage.beacon(0)) == nil, "2 should not hear 0")
        }
    }

    mutating func bothPayloadsAreHeard() throws {
        try withRadios(2) { stage in
            let count = stage.traits.payloadBytesMax
            let longest = [UInt8(count - 1), 0x16, 0xd2, 0xfc] + [UInt8](repeating: 7, count: count - 4)
            try stage.radios[0].advertise([stage.beacon(0), longest])
            try stage.expect(stage.traits.hearMilliseconds, "both payloads should be heard") {
                stage.recorders[1].heard(stage.beacon(0)) != nil && stage.recorders[1].heard(longest) != nil
            }
        }
    }

    mutating func changedPayloadChangesAddress() throws {
        try withRadios(2) { stage in
            let first = try stage.hear(0, by: 1)
            try stage.radios[0].advertise([stage.beacon(0)])
            try met(stage.radios[0].address == first, "the same payload again should keep the address")
            try stage.radios[0].advertise([stage.beacon(0, 1)])
            try stage.expect(stage.traits.hearMilliseconds, "the changed payload should be heard") {
                stage.recorders[1].heard(stage.beacon(0, 1)) != nil
            }
            let second = stage.recorders[1].heard(stage.beacon(0, 1))?.address
            try met(second == stage.radios[0].address, "it should be heard from the radio's address")
            try met(second != first, "a changed payload should come from another address")
            let mixed = stage.recorders[1].heard.contains { $0.holds(stage.beacon(0, 1)) && $0.address == first }
            try met(!mixed, "the changed payload should never come from the former address")
        }
    }

    mutating func tooMuchToAdvertiseIsRefused() throws {
        try withRadios(2) { stage in
            _ = try stage.hear(0, by: 1)
            let three = (0..<3).map { stage.beacon(0, $0) }
            let tooLong = [UInt8](repeating: 0, count: 32)
            for (payloads, expected) in [(three, RadioError.payloadsTooMany), ([tooLong], .payloadTooLong)] {
                do {
                    try stage.radios[0].advertise(payloads)
                    try met(false, "\(expected) should be thrown")
                } catch let error as RadioError {
                    try met(error == expected, "\(expected) should be thrown, not \(error)")
                }
            }
            let address = stage.radios[0].address
            let heard = stage.recorders[1].heard(stage.beacon(0))?.address
            try met(heard == address, "what was refused should leave what is advertised as it is")
        }
    }

    mutating func nothingIsHeardAfterAdvertisingStops() throws {
        try withRadios(2) { stage in
            _ = try stage.hear(0, by: 1)
            try stage.radios[0].advertise([])
            stage.run(milliseconds: 100)
            stage.recorders[1].forgetHeard()
            stage.run(milliseconds: 400)
            try met(stage.recorders[1].heard.isEmpty, "nothing should be heard any more")
        }
    }
}
