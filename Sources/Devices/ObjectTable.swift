/// All objects of BTHome v2 (bthome.io/format, checked with the Python parser bthome-ble 3.25).
///
/// Where BTHome gives one name to things that differ in unit or form, ours differ: `battery` is the percentage and
/// `battery_low` the warning, `distance` is in metres and `distance_mm` in millimetres.
public enum ObjectTable {
    static let motionID: UInt8 = 0x21
    static let buttonID: UInt8 = 0x3A

    /// The row of an object id, or nil for one that BTHome does not define.
    public static func kind(of id: UInt8) -> ObjectKind? {
        let position = positions[Int(id)]
        return position < 0 ? nil : all[Int(position)]
    }

    /// The rows of that name, in the order of their ids: the first that holds a value is the one to send.
    public static func kinds(named name: String) -> [ObjectKind] { all.filter { $0.name == name } }

    /// The id of the first row that has the name of `kind`, a row itself; nil if no row has it.
    public static func firstID(named kind: ObjectKind) -> UInt8? {
        let position = positions[Int(kind.id)]
        // A name is looked for in more than a hundred rows, a row's own is known.
        if position >= 0, all[Int(position)].name == kind.name { return firstIDs[Int(position)] }
        return kinds(named: kind.name).first?.id
    }

    /// All rows, by ascending id.
    public static let all: [ObjectKind] = sensors + binarySensors + triggers + furtherSensors + deviceInformation

    /// For each object id its place in `all`, or -1.
    private static let positions: [Int16] = {
        var positions = [Int16](repeating: -1, count: 256)
        for (position, kind) in all.enumerated() { positions[Int(kind.id)] = Int16(position) }
        return positions
    }()

    /// For each place in `all` the id of the first row of that name.
    private static let firstIDs: [UInt8] = all.map { kind in all.first { $0.name == kind.name }?.id ?? kind.id }

    private static let sensors: [ObjectKind] = [
        number(0x00, "packet_id", 1),
        number(0x01, "battery", 1, unit: "%"),
        number(0x02, "temperature", 2, signed: true, places: 2, unit: "°C"),
        number(0x03, "humidity", 2, places: 2, unit: "%"),
        number(0x04, "pressure", 3, places: 2, unit: "hPa"),
        number(0x05, "illuminance", 3, places: 2, unit: "lx"),
        number(0x06, "mass", 2, places: 2, unit: "kg"),
        number(0x07, "mass_lb", 2, places: 2, unit: "lb"),
        number(0x08, "dew_point", 2, signed: true, places: 2, unit: "°C"),
        number(0x09, "count", 1),
        number(0x0A, "energy", 3, places: 3, unit: "kWh"),
        number(0x0B, "power", 3, places: 2, unit: "W"),
        number(0x0C, "voltage", 2, places: 3, unit: "V"),
        number(0x0D, "pm25", 2, unit: "µg/m³"),
        number(0x0E, "pm10", 2, unit: "µg/m³"),
        binary(0x0F, "generic", "off", "on"),
        binary(0x10, "power_on", "off", "on"),
        binary(0x11, "opening", "closed", "open"),
        number(0x12, "co2", 2, unit: "ppm"),
        number(0x13, "tvoc", 2, unit: "µg/m³"),
        number(0x14, "moisture", 2, places: 2, unit: "%"),
    ]

    private static let binarySensors: [ObjectKind] = [
        binary(0x15, "battery_low", "normal", "low"),
        binary(0x16, "battery_charging", "not charging", "charging"),
        binary(0x17, "carbon_monoxide", "not detected", "detected"),
        binary(0x18, "cold", "normal", "cold"),
        binary(0x19, "connectivity", "disconnected", "connected"),
        binary(0x1A, "door", "closed", "open"),
        binary(0x1B, "garage_door", "closed", "open"),
        binary(0x1C, "gas_detected", "clear", "detected"),
        binary(0x1D, "heat", "normal", "hot"),
        binary(0x1E, "light", "no light", "light detected"),
        binary(0x1F, "lock", "locked", "unlocked"),
        binary(0x20, "moisture_detected", "dry", "wet"),
        binary(motionID, "motion", "clear", "detected"),
        binary(0x22, "moving", "not moving", "moving"),
        binary(0x23, "occupancy", "clear", "detected"),
        binary(0x24, "plug", "unplugged", "plugged in"),
        binary(0x25, "presence", "away", "home"),
        binary(0x26, "problem", "ok", "problem"),
        binary(0x27, "running", "not running", "running"),
        binary(0x28, "safety", "unsafe", "safe"),
        binary(0x29, "smoke", "clear", "detected"),
        binary(0x2A, "sound", "clear", "detected"),
        binary(0x2B, "tamper", "off", "on"),
        binary(0x2C, "vibration", "clear", "detected"),
        binary(0x2D, "window", "closed", "open"),
        number(0x2E, "humidity", 1, unit: "%"),
        number(0x2F, "moisture", 1, unit: "%"),
    ]

    private static let triggers: [ObjectKind] = [
        ObjectKind(id: buttonID, name: "button", form: .button),
        ObjectKind(id: 0x3B, name: "command", form: .command),
        ObjectKind(id: 0x3C, name: "dimmer", form: .dimmer),
    ]

    private static let furtherSensors: [ObjectKind] = [
        number(0x3D, "count", 2),
        number(0x3E, "count", 4),
        number(0x3F, "rotation", 2, signed: true, places: 1, unit: "°"),
        number(0x40, "distance_mm", 2, unit: "mm"),
        number(0x41, "distance", 2, places: 1, unit: "m"),
        number(0x42, "duration", 3, places: 3, unit: "s"),
        number(0x43, "current", 2, places: 3, unit: "A"),
        number(0x44, "speed", 2, places: 2, unit: "m/s"),
        number(0x45, "temperature", 2, signed: true, places: 1, unit: "°C"),
        number(0x46, "uv_index", 1, places: 1),
        number(0x47, "volume", 2, places: 1, unit: "L"),
        number(0x48, "volume_ml", 2, unit: "mL"),
        number(0x49, "volume_flow_rate", 2, places: 3, unit: "m³/h"),
        number(0x4A, "voltage", 2, places: 1, unit: "V"),
        number(0x4B, "gas", 3, places: 3, unit: "m³"),
        number(0x4C, "gas", 4, places: 3, unit: "m³"),
        number(0x4D, "energy", 4, places: 3, unit: "kWh"),
        number(0x4E, "volume", 4, places: 3, unit: "L"),
        number(0x4F, "water", 4, places: 3, unit: "L"),
        ObjectKind(id: 0x50, name: "timestamp", form: .timestamp),
        number(0x51, "acceleration", 2, places: 3, unit: "m/s²"),
        number(0x52, "gyroscope", 2, places: 3, unit: "°/s"),
        ObjectKind(id: 0x53, name: "text", form: .text),
        ObjectKind(id: 0x54, name: "raw", form: .raw),
        number(0x55, "volume_storage", 4, places: 3, unit: "L"),
        number(0x56, "conductivity", 2, unit: "µS/cm"),
        number(0x57, "temperature", 1, signed: true, unit: "°C"),
        number(0x58, "temperature", 1, signed: true, multiplier: 35, places: 2, unit: "°C"),
        number(0x59, "count", 1, signed: true),
        number(0x5A, "count", 2, signed: true),
        number(0x5B, "count", 4, signed: true),
        number(0x5C, "power", 4, signed: true, places: 2, unit: "W"),
        number(0x5D, "current", 2, signed: true, places: 3, unit: "A"),
        number(0x5E, "direction", 2, places: 2, unit: "°"),
        number(0x5F, "precipitation", 2, places: 1, unit: "mm"),
        number(0x60, "channel", 1),
        number(0x61, "rotational_speed", 2, unit: "rpm"),
        number(0x62, "speed", 4, signed: true, places: 6, unit: "m/s"),
        number(0x63, "acceleration", 4, signed: true, places: 6, unit: "m/s²"),
        number(0x64, "light_level", 1),
        number(0x65, "settings_revision", 1),
    ]

    private static let deviceInformation: [ObjectKind] = [
        ObjectKind(id: 0xF0, name: "device_type", form: .deviceType),
        ObjectKind(id: 0xF1, name: "firmware", form: .firmware(bytes: 4)),
        ObjectKind(id: 0xF2, name: "firmware", form: .firmware(bytes: 3)),
    ]

    private static func number(
        _ id: UInt8, _ name: String, _ bytes: Int, signed: Bool = false, multiplier: Int64 = 1, places: Int = 0,
        unit: String = ""
    ) -> ObjectKind {
        let form = ObjectForm.number(bytes: bytes, isSigned: signed, multiplier: multiplier, decimalPlaces: places)
        return ObjectKind(id: id, name: name, form: form, unit: unit)
    }

    private static func binary(_ id: UInt8, _ name: String, _ off: String, _ on: String) -> ObjectKind {
        ObjectKind(id: id, name: name, form: .binary(off: off, on: on))
    }
}
