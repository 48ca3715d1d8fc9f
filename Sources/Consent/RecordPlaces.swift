/// Where a record is held: by its kind, and the place among those.
enum RecordPlace {
    case member(Int)
    case departure(Int)
    case grant(GrantIndex)
    case proof(GrantIndex)
    case revocation(Int)
    case optOut(Int)
}

/// The places of all records, by their ids. A place takes four bytes: the kind in the highest four bits, since nothing
/// that is held by number reaches 2^28.
struct RecordPlaces {
    private var words: [UInt64: UInt32] = [:]

    subscript(id: UInt64) -> RecordPlace? {
        get { words[id].flatMap { Self.place($0) } }
        set { words[id] = newValue.map { Self.word($0) } }
    }

    private static func word(_ place: RecordPlace) -> UInt32 {
        switch place {
        case .member(let place): word(0, place)
        case .departure(let place): word(1, place)
        case .grant(let index): word(2, Int(index))
        case .proof(let index): word(3, Int(index))
        case .revocation(let place): word(4, place)
        case .optOut(let place): word(5, place)
        }
    }

    private static func word(_ kind: UInt32, _ number: Int) -> UInt32 {
        kind << 28 | UInt32(truncatingIfNeeded: number) & 0xfff_ffff
    }

    private static func place(_ word: UInt32) -> RecordPlace? {
        let number = Int(word & 0xfff_ffff)
        switch word >> 28 {
        case 0: return .member(number)
        case 1: return .departure(number)
        case 2: return .grant(GrantIndex(truncatingIfNeeded: number))
        case 3: return .proof(GrantIndex(truncatingIfNeeded: number))
        case 4: return .revocation(number)
        case 5: return .optOut(number)
        default: return nil
        }
    }
}
