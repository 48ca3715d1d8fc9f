import BluetoothStreet
import Testing

/// The independent sensor against what bthome.io publishes. Not in the machine: it is slow there.
@Suite(.enabled(if: !Machine.isHere)) struct SensorTests {
    /// Counter as sent read as a number, objects, service data.
    static let published: [(UInt32, String, String)] = [
        (0x3322_1100, "02CA0903BF13", "41a47266c95f730011223378237214"),
        (0x3322_1100, "2101", "4187b90011223372b0231f"),
        (1_122_867, "02CA0903BF13", "41e445f3c9962b332211006c7c4519"),
        (1_122_868, "02CA0903BF13", "413e932cc7175f34221100553876af"),
    ]

    @Test(arguments: published)
    func sensorSealsAsPublished(_ counter: UInt32, _ objects: String, _ expected: String) throws {
        let data = try Sensor.seal(address: "54:48:E6:8F:80:A5", counter: counter, objects: objects)
        #expect(data.hasPrefix("020106"))
        #expect(data.hasSuffix("16d2fc" + expected))
    }
}
