import Testing

@testable import Devices

struct ObjectTableTests {
    @Test func rowsAscendByIDWithoutRepetition() {
        let ids = ObjectTable.all.map(\.id)
        #expect(ids == Set(ids).sorted())
    }

    /// 00 to 2F, 3A to 65 and F0 to F2: what the parser of Home Assistant knows.
    @Test func rowsCoverAllOfBTHome() {
        let expected = Array(0x00...0x2F) + Array(0x3A...0x65) + Array(0xF0...0xF2)
        #expect(ObjectTable.all.map { Int($0.id) } == expected)
        for id in UInt8.min...UInt8.max {
            #expect(ObjectTable.kind(of: id)?.id == (expected.contains(Int(id)) ? id : nil))
        }
    }

    @Test func rowsOfOneNameShareUnitAndSortOfForm() {
        for kind in ObjectTable.all {
            for sibling in ObjectTable.kinds(named: kind.name) {
                #expect(sibling.unit == kind.unit)
                #expect(Self.sort(sibling.form) == Self.sort(kind.form))
            }
        }
    }

    @Test func firstIDIsThatOfTheFirstRowOfTheNameWhateverTheKindsOwnID() {
        for kind in ObjectTable.all {
            let first = ObjectTable.all.first { $0.name == kind.name }?.id
            #expect(ObjectTable.firstID(named: kind) == first)
            let moved = ObjectKind(id: kind.id &+ 1, name: kind.name, form: kind.form)
            #expect(ObjectTable.firstID(named: moved) == first)
        }
        #expect(ObjectTable.firstID(named: ObjectKind(id: 1, name: "nothing", form: .text)) == nil)
    }

    @Test func namesAreWordsThatTopicsAndSettingsCanHold() {
        for kind in ObjectTable.all {
            #expect(kind.name.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) || $0 == "_" })
        }
    }

    @Test func triggersAreButtonDimmerCommandAndMotion() {
        #expect(ObjectTable.all.filter(\.isTrigger).map(\.name) == ["motion", "button", "command", "dimmer"])
    }

    private static func sort(_ form: ObjectForm) -> String {
        switch form {
        case .number: "number"
        case .firmware: "firmware"
        default: "\(form)"
        }
    }
}
