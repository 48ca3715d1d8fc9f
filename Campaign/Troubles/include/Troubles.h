#pragma once
// What `campaign week` does to a daemon from outside: this library is loaded before the C library (LD_PRELOAD) and stands
// between the daemon and its clocks and disk. The file that SIDEGATE_TROUBLES names says what is wrong, in these words
// of 64 bits; both sides map it.
enum {
    // Nanoseconds that every clock is ahead of the machine's: how an hour passes. Timers that it reaches go off.
    TROUBLE_STEADY,
    // Nanoseconds that the clock on the wall is ahead of the others.
    TROUBLE_WALL,
    // Not 0: nothing can be written to the database and its log, as on a full disk.
    TROUBLE_DISK_FULL,
    // The process is killed instead of its so many-th sync from now on (1: the next): the power goes.
    TROUBLE_DIES_AT_SYNC,
    // What of the database's log was written and is not yet synced: the first byte, and the one behind the last.
    TROUBLE_UNSYNCED,
    TROUBLE_WORDS = TROUBLE_UNSYNCED + 2
};
