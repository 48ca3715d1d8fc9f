/// Something that will happen in a mesh: a small value without references, so that queues of millions cost no counting.
struct Happening {
    enum Kind: UInt8 {
        /// A bridge's own deadline. `boot` says of which of its runs.
        case wake
        /// `house` hears the beacon of `other`; `number` says which beacon and, in its lower half, the hearer's place among
        /// the other's neighbours.
        case beacon
        /// The radio answers a call: `other` is the attempt, `number` the channel or -1.
        case dialled
        /// The called radio answers, or time runs out.
        case setUp
        case connected
        /// A message arrives at `house`: `other` is its place in the pool.
        case arrival
        /// Nothing has come through on a connection for the supervision time.
        case lost
        case ended
        /// The disk has done a task: `other` is its place.
        case disk
        /// A device emits: `house` is the device.
        case emission
        /// A device sends one of the advertisements of a burst: `house` is the device, `other` the burst, `number` which.
        case advertisement
        /// It has been sent: `other` is the burst.
        case advertised
        /// A fault begins or ends: `number` is its place.
        case fault
        case faultEnds
        /// A host's schedule opens or closes.
        case schedule
        /// People invite, and answer invitations.
        case people
        /// A liar does what it does from time to time.
        case lie
        /// A stranger at a house forges: `number` says which one.
        case forgery
        /// Slow looks at everything.
        case look
        /// Whether routes work again: `number` says which look it is.
        case routes
    }

    var kind: Kind
    var end: UInt8 = 0
    var boot: UInt16 = 0
    var house: Int32 = 0
    var other: UInt32 = 0
    var number: Int64 = 0
}
