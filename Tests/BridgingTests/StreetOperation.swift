/// One thing that somebody does on a street, or that happens to it.
enum StreetOperation: Equatable {
    case emit(sensor: Int, near: [Int])
    case cut(Int, Int)
    case heal(Int, Int)
    case crash(Int)
    case stop(Int)
    case restart(Int)
    case optOut(Int)
    case optIn(Int)
    case revoke(sensor: Int)
    case deviceNo(sensor: Int, Bool)
}

extension VirtualStreet {
    func perform(_ operation: StreetOperation) {
        do {
            switch operation {
            case .emit(let sensor, let hearers): emit(sensor, near: hearers)
            case .cut(let first, let second): cut(first, second)
            case .heal(let first, let second): connect(first, second)
            case .crash(let index): crash(index)
            case .stop(let index): stop(index)
            case .restart(let index): try start(index)
            case .optOut(let index): setOptedOut(true, index)
            case .optIn(let index): setOptedOut(false, index)
            case .revoke(let sensor) where isHomeUp(sensor) && !isRevoked(sensor): try revoke(sensor)
            case .deviceNo(let sensor, let isNo) where isHomeUp(sensor) && !isRevoked(sensor):
                try setDeviceNo(isNo, sensor)
            case .revoke, .deviceNo: break
            }
        } catch {
            fail("\(operation) threw \(error)")
        }
    }

    private func isHomeUp(_ sensor: Int) -> Bool { nodes[sensors[sensor].home].running != nil }

    func isRevoked(_ sensor: Int) -> Bool {
        nodes[sensors[sensor].home].disk.devices.contains {
            $0.identifier == sensors[sensor].identifier && $0.isRevoked
        }
    }
}
