PRAGMA application_id = 1396983636;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
CREATE TABLE identity (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    static_key BLOB NOT NULL CHECK (length(static_key) = 32),
    signing_seed BLOB NOT NULL CHECK (length(signing_seed) = 32),
    name TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;
CREATE TABLE network (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    network_key BLOB NOT NULL CHECK (length(network_key) = 32),
    recognition_key BLOB NOT NULL CHECK (length(recognition_key) = 32),
    founder_key BLOB NOT NULL CHECK (length(founder_key) = 32),
    name TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;
CREATE TABLE mark (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
CREATE TABLE record (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind INTEGER NOT NULL,
    bytes BLOB NOT NULL CHECK (length(bytes) <= 4096),
    received INTEGER NOT NULL,
    expires INTEGER
) STRICT;
CREATE INDEX record_expires ON record (expires) WHERE expires IS NOT NULL;
CREATE TABLE device (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    address BLOB NOT NULL CHECK (length(address) = 6),
    address_type INTEGER NOT NULL,
    bind_key BLOB NOT NULL CHECK (length(bind_key) = 16),
    sealing_private_key BLOB NOT NULL CHECK (length(sealing_private_key) = 32),
    relay_key BLOB NOT NULL CHECK (length(relay_key) = 16),
    class INTEGER NOT NULL,
    scope INTEGER NOT NULL,
    rate INTEGER NOT NULL,
    deliver TEXT NOT NULL,
    validity_seed BLOB NOT NULL CHECK (length(validity_seed) = 20),
    revocation_secret BLOB NOT NULL CHECK (length(revocation_secret) = 20),
    opt_in_start INTEGER NOT NULL,
    opt_in_end INTEGER NOT NULL,
    opted_out INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    grant_id BLOB NOT NULL CHECK (length(grant_id) = 16),
    last_heard INTEGER,
    battery INTEGER,
    state TEXT
) STRICT;
CREATE TABLE opened (
    device INTEGER NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    counter INTEGER NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (device, counter, event)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    payload BLOB NOT NULL CHECK (length(payload) <= 8192),
    retained INTEGER NOT NULL,
    not_after INTEGER,
    coalescing_key TEXT,
    sending INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX outbox_coalescing ON outbox (coalescing_key)
    WHERE sending = 0 AND coalescing_key IS NOT NULL;
CREATE INDEX outbox_not_after ON outbox (not_after) WHERE not_after IS NOT NULL;
CREATE TABLE lent (
    day INTEGER NOT NULL,
    class INTEGER NOT NULL,
    kind TEXT NOT NULL,
    packets INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (day, class, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE dropped (
    day INTEGER NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (day, reason)
) STRICT, WITHOUT ROWID;
CREATE TABLE month_reservation (
    day INTEGER PRIMARY KEY,
    reserved_bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE no (
    subject TEXT PRIMARY KEY,
    said INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT;
CREATE TABLE heard (
    device INTEGER PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
    received INTEGER NOT NULL,
    missed INTEGER NOT NULL,
    counter INTEGER,
    packet_id INTEGER,
    trigger_based INTEGER NOT NULL,
    first_heard INTEGER,
    pause INTEGER NOT NULL,
    pause_before INTEGER NOT NULL,
    pauses_since INTEGER NOT NULL
) STRICT;
CREATE TABLE opened_before (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device INTEGER NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    event INTEGER NOT NULL,
    UNIQUE (device, event)
) STRICT;
INSERT INTO grdb_migrations (identifier) VALUES ('1 keys and records');
INSERT INTO grdb_migrations (identifier) VALUES ('2 devices and outbox');
INSERT INTO grdb_migrations (identifier) VALUES ('3 ledger and noes');
INSERT INTO grdb_migrations (identifier) VALUES ('4 how devices are heard');
INSERT INTO identity (one, static_key, signing_seed, name, created) VALUES (1, X'3131313131313131313131313131313131313131313131313131313131313131', X'3232323232323232323232323232323232323232323232323232323232323232', 'kitchen', 5);
INSERT INTO network (one, network_key, recognition_key, founder_key, name, created) VALUES (1, X'4141414141414141414141414141414141414141414141414141414141414141', X'4242424242424242424242424242424242424242424242424242424242424242', X'4343434343434343434343434343434343434343434343434343434343434343', 'Elm Street', 6);
INSERT INTO mark (name, value) VALUES ('clock', 1800000000);
INSERT INTO mark (name, value) VALUES ('other', 7);
INSERT INTO record (id, kind, bytes, received, expires) VALUES (X'01010101010101010101010101010101', 1, X'02020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202', 10, NULL);
INSERT INTO record (id, kind, bytes, received, expires) VALUES (X'03030303030303030303030303030303', 2, X'040404040404040404040404040404040404040404040404', 11, 20);
INSERT INTO device (id, name, address, address_type, bind_key, sealing_private_key, relay_key, class, scope, rate, deliver, validity_seed, revocation_secret, opt_in_start, opt_in_end, opted_out, revoked, grant_id, last_heard, battery, state) VALUES (3, 'Letter box', X'010203040506', 1, X'51515151515151515151515151515151', X'5252525252525252525252525252525252525252525252525252525252525252', X'53535353535353535353535353535353', 2, 7, 60, 'opening', X'5454545454545454545454545454545454545454', X'5555555555555555555555555555555555555555', 100, 200, 1, 0, X'56565656565656565656565656565656', 150, 90, 'letter_box');
INSERT INTO device (id, name, address, address_type, bind_key, sealing_private_key, relay_key, class, scope, rate, deliver, validity_seed, revocation_secret, opt_in_start, opt_in_end, opted_out, revoked, grant_id, last_heard, battery, state) VALUES (4, 'Gate', X'010203040507', 0, X'61616161616161616161616161616161', X'6262626262626262626262626262626262626262626262626262626262626262', X'63636363636363636363636363636363', 1, 1, 6, '', X'6464646464646464646464646464646464646464', X'6565656565656565656565656565656565656565', 100, 200, 0, 1, X'66666666666666666666666666666666', NULL, NULL, NULL);
INSERT INTO opened (device, counter, event) VALUES (3, 7, -9);
INSERT INTO opened (device, counter, event) VALUES (3, 4294967295, 8);
INSERT INTO outbox (id, topic, payload, retained, not_after, coalescing_key, sending, created) VALUES (5, 'sidegate/a', X'4F4E', 1, NULL, 'a', 0, 1);
INSERT INTO outbox (id, topic, payload, retained, not_after, coalescing_key, sending, created) VALUES (6, 'sidegate/b', X'31', 0, 900, NULL, 1, 2);
INSERT INTO lent (day, class, kind, packets, bytes) VALUES (9, 1, 'out', 2, 280);
INSERT INTO dropped (day, reason, count) VALUES (9, 'cap', 3);
INSERT INTO month_reservation (day, reserved_bytes) VALUES (9, 65536);
INSERT INTO no (subject, said, changed) VALUES ('hosting', 0, 12);
INSERT INTO no (subject, said, changed) VALUES ('requests', 1, 12);
INSERT INTO heard (device, received, missed, counter, packet_id, trigger_based, first_heard, pause, pause_before, pauses_since) VALUES (3, 40, 2, 7, NULL, 1, 100, 60, 50, 9);
INSERT INTO opened_before (id, device, event) VALUES (1, 3, -5);
