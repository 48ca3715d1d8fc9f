import Wire

@testable import ControlAPI

/// Any bytes as what a caller sends (a line of method and target, then a body) and as what a daemon answers.
func fuzzControl(_ bytes: UnsafeRawBufferPointer) {
    let all = Array(bytes)
    let parts = all.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false).map { Array($0) }
    let body = parts.count > 1 ? parts[1] : []
    let words = parts[0].split(separator: 0x20, maxSplits: 1).map { String(decoding: $0, as: UTF8.self) }
    do throws(ControlFailure) {
        let matched = try Route.parse(method: words.first ?? "", target: words.count > 1 ? words[1] : "/", body: body)
        if case .request(let request) = matched { sendAgain(request) }
    } catch {
        require(!error.message.isEmpty && error.message.utf8.count < 2_000, "no message, or a long one")
        _ = (error.code.httpStatus, try? ControlJSON.encode(error))
    }
    readAnswers(body)
    let text = String(decoding: parts[0], as: UTF8.self)
    require(PercentEncoding.decode(PercentEncoding.encode(text)) == text, "a name encoded otherwise")
    if let address = DeviceAddress(text) { require(DeviceAddress(address.text) == address, "an address otherwise") }
    _ = (BindKey(hexadecimal: text), NameRule.member.problem(with: text), NameRule.printable(text))
}

/// What was understood is sent by a client as a request that is understood the same.
private func sendAgain(_ request: ControlRequest) {
    guard let body = try? request.body() else { return require(false, "a request that cannot be written") }
    guard
        case .request(let again)? = try? Route.parse(
            method: request.route.method, target: request.target, body: body)
    else { return require(false, "a request that is not understood again") }
    require(again.route == request.route && again.target == request.target, "a request understood otherwise")
    require((try? again.body()) == body, "a body understood otherwise")
}

private func readAnswers(_ body: [UInt8]) {
    read(StatusReport.self, body)
    read(NetworkSummary.self, body)
    read(Invitation.self, body)
    read(MemberList.self, body)
    read(DeviceList.self, body)
    read(ConsentReport.self, body)
    read(LedgerReport.self, body)
    read(WatchEvent.self, body)
    read(ControlFailure.self, body)
}

private func read<Answer: Codable & Equatable>(_ type: Answer.Type, _ body: [UInt8]) {
    guard let answer = try? ControlJSON.decode(type, from: body), let bytes = try? ControlJSON.encode(answer) else {
        return
    }
    require((try? ControlJSON.decode(type, from: bytes)) == answer, "an answer written otherwise")
}

func controlSeeds() -> [[UInt8]] {
    let addition = """
        {"address":"A4:C1:38:01:02:03","addressType":"random","bindKey":"000102030405060708090a0b0c0d0e0f",\
        "class":"event","deliver":["opening"],"name":"Letter box","optInDays":180,"ratePerMinute":10,"scope":["relay"]}
        """
    let requests = [
        "GET /v1/status", "POST /v1/network\n{\"network\":\"a\",\"name\":\"b\"}", "POST /v1/network/invite",
        "POST /v1/network/join\n{\"code\":\"ABCD-EFGH-JKMN-PQRS\"}", "POST /v1/devices\n\(addition)",
        "POST /v1/devices/Letter%20box/revoke", "DELETE /v1/devices/a", "POST /v1/noes\n{\"what\":\"hosting\"}",
        "POST /v1/yeses\n{\"what\":\"device\",\"device\":\"a\"}", "GET /v1/ledger?days=3", "GET /v1/watch",
        "x\n{\"error\":\"bad_request\",\"message\":\"x\"}",
        "x\n{\"devices\":[{\"name\":\"a\",\"address\":\"A4:C1:38:01:02:03\",\"addressType\":\"public\","
            + "\"class\":\"event\",\"scope\":[],\"ratePerMinute\":1,\"state\":\"live\",\"optInEndsUnixSeconds\":1}]}",
    ]
    return requests.map { Array($0.utf8) }
}
