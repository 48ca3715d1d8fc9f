import RadioInterface

extension BlueZRadio {
    public var troubles: [RadioTrouble] {
        [
            RadioTrouble("channels_refused", counters.channelsRefused, "channels refused: no room, or a second one"),
            RadioTrouble("channels_unusable", counters.channelsUnusable, "channels whose peer was gone or no bridge"),
            RadioTrouble("messages_too_long", counters.messagesTooLong, "channels ended for a message too long"),
            RadioTrouble("accepts_paused", counters.acceptsPaused, "pauses in taking channels, of which too many came"),
            RadioTrouble("packets_malformed", counters.packetsMalformed, "malformed packets from the kernel"),
            RadioTrouble("commands_unanswered", counters.commandsSilent, "commands that the kernel did not answer"),
            RadioTrouble("management_lost", counters.managementLost, "losses of the kernel's management socket"),
            RadioTrouble(
                "controllers_revived", adapters.reduce(counters.controllersRevived) { $0 &+ $1.machine.revival.count },
                "times that an adapter that told nothing any more was switched off and on"),
            RadioTrouble("adapters_ignored", counters.adaptersIgnored, "adapters beyond the 32nd"),
        ]
    }
}
