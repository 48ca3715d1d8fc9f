import RadioInterface

extension VirtualRadio {
    public var troubles: [RadioTrouble] {
        [
            RadioTrouble("channels_refused", counters.channelsRefused, "channels refused for want of room"),
            RadioTrouble(
                "channels_unusable", counters.greetingsMalformed &+ counters.greetingsMissed,
                "channels without a greeting"),
            RadioTrouble("messages_too_long", counters.messagesTooLong, "channels ended for a message too long"),
            RadioTrouble("accepts_paused", counters.acceptsPaused, "pauses in taking channels, of which too many came"),
            RadioTrouble("packets_malformed", counters.datagramsMalformed, "malformed advertisements"),
        ]
    }
}
