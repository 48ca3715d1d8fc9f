import Dispatch
import RadioConformance
import Testing

/// What every radio must do, done over a scripted kernel: it speaks over real socket pairs, and sends the garbage and keeps
/// the silences that a real one has no reason for.
@Suite struct ScriptedKernelConformance {
    @Test(arguments: RadioCheck.allCases) func radioOverScriptedKernelPasses(_ check: RadioCheck) async {
        let crowds: [RadioCheck] = [.manyConnectsLeakNothing, .garbageLeavesOtherChannelsAlone]
        let factory = ScriptedKernelFactory(stopsAdvertisingOnLinks: !crowds.contains(check))
        for finding in await findings(check, factory) { Issue.record("\(finding)") }
    }
}

/// The same over the real kernel, one check after the other: they share its adapters.
@Suite(.serialized, .enabled(if: KernelRadioFactory.isWanted, "needs SIDEGATE_BLUETOOTH=1 and five adapters"))
struct KernelConformance {
    @Test(arguments: RadioCheck.allCases) func radioOverRealKernelPasses(_ check: RadioCheck) async {
        for finding in await findings(check, KernelRadioFactory()) { Issue.record("\(finding)") }
    }
}

/// A check waits on its thread: on one of Swift's few it would hold other tests up.
private func findings<Factory: RadioFactory & Sendable>(_ check: RadioCheck, _ factory: Factory) async -> [RadioFinding]
{
    await withCheckedContinuation { continuation in
        DispatchQueue(label: check.rawValue).async {
            var run = ConformanceRun(factory)
            continuation.resume(returning: run.run(check))
        }
    }
}
