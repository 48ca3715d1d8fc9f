import Wire

/// Any bytes as a message of a session or a handshake: what is read must write itself, and be read again as that.
func fuzzFrames(_ bytes: UnsafeRawBufferPointer) {
    withUnsafeTemporaryAllocation(byteCount: FrameLayout.bytesFrameMax, alignment: 8) { target in
        do throws(WireError) {
            let written = try write(try FrameView(bytes), into: target)
            if written > 0 {
                guard written <= bytes.count, target[0] == bytes[0] else { fatalError() }
                _ = try FrameView(UnsafeRawBufferPointer(rebasing: target[..<written]))
            }
        } catch {}
    }
    do throws(WireError) { _ = try HelloView(bytes).mac } catch {}
    for step in HandshakeStep.allCases {
        do throws(WireError) { _ = try step.noiseMessage(in: bytes) } catch {}
    }
    do throws(WireError) { _ = try VersionRange(bytes).choice(with: .spoken) } catch {}
}

private func write(_ frame: FrameView, into target: UnsafeMutableRawBufferPointer) throws(WireError) -> Int {
    switch frame {
    case .packet(let packet): try FrameWriter.packet(packet, into: target)
    case .answers(let list): try FrameWriter.answers(list, into: target)
    case .confirm(let list): try FrameWriter.confirm(list, into: target)
    case .routes(let list): try FrameWriter.routes(list, into: target)
    case .routeRequest(let request): try FrameWriter.routeRequest(request, into: target)
    case .recordIDs(let list, let isLast): try FrameWriter.recordIDs(list, isLast: isLast, into: target)
    case .recordRequest(let list): try FrameWriter.recordRequest(list, into: target)
    case .record(let record): try FrameWriter.record(record, into: target)
    case .keepalive(let keepalive): try FrameWriter.keepalive(keepalive, into: target)
    case .lending(let notice): try FrameWriter.lending(notice, into: target)
    case .testRequest(let request): try FrameWriter.testRequest(request, into: target)
    case .bye(let reason): try FrameWriter.bye(reason ?? .closing, into: target)
    case .joinRequest(let request): try FrameWriter.joinRequest(request, into: target)
    case .joinReply(let reply):
        try FrameWriter.joinReply(
            networkKey: reply.networkKey, recognitionKey: reply.recognitionKey,
            founderSigningKey: reply.founderSigningKey, recordCount: reply.recordCount, into: target)
    case .joinDone: try FrameWriter.joinDone(into: target)
    case .ignored: 0
    }
}
