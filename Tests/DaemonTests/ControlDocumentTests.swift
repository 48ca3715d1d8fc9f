import ControlAPI
import Foundation
import Testing

/// `docs/api.md` says what the code does.
@Suite struct ControlDocumentTests {
    private static let document: String = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return (try? String(contentsOf: root.appendingPathComponent("docs/api.md"), encoding: .utf8)) ?? ""
    }()

    @Test(arguments: Route.allCases)
    func everyRouteIsDocumented(_ route: Route) {
        #expect(Self.document.contains("| `\(route.rawValue)"))
    }

    @Test(arguments: ControlFailure.Code.allCases)
    func everyErrorIsDocumentedWithItsStatusAndExitCode(_ code: ControlFailure.Code) {
        let row = Self.document.split(separator: "\n").first { $0.hasPrefix("| `\(code.rawValue)` | ") }
        #expect(row?.hasPrefix("| `\(code.rawValue)` | \(code.httpStatus) |") == true)
        #expect(row?.hasSuffix("| \(code.exitCode) |") == true)
    }

    @Test(arguments: WatchEvent.Kind.allCases)
    func everyKindOfEventIsDocumented(_ kind: WatchEvent.Kind) {
        #expect(Self.document.contains("`\(kind.rawValue)`"))
    }
}
