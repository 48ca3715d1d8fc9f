// Cheap stand-ins for libcrypto's curves, for `sidegate simulate --cryptography modelled` alone: loaded with LD_PRELOAD
// into a simulation, and into nothing else. The daemon does not start with it.
//
// - X25519: the secret that two keys share is a hash of their public keys, which anybody could reckon. Keys that are made
//   while a thread provisions a simulation keep their real public keys, and are remembered with them, so that all ids and
//   records are those of a run with real cryptography; the public keys of others (ephemeral ones) are hashes of the
//   private ones.
// - Ed25519: real, but a signature that was made or verified once in this process is not verified again.
//
// Hashes, ciphers and everything else of libcrypto stay as they are.
#pragma once

// Whether this thread is provisioning from now on: 1 or 0. Returns what it was.
int sidegate_modelled_cryptography_provisions(int provisions);
