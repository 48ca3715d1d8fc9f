#pragma once
// What the benchmarks measure against: the same cryptography called from C and nothing else, and a count of allocations.
#include <stddef.h>
#include <stdint.h>

/// Calls of malloc, calloc and realloc in this process so far.
uint64_t baseline_allocation_count(void);

/// One AES-128-CMAC context per key, kept; `keys` are `key_count` x 16 bytes. By libcrypto's own CMAC or, `by_cipher`, by
/// one call of its AES-128-CBC, as the product makes tags. NULL if libcrypto fails.
void *baseline_tags_make(const uint8_t *keys, size_t key_count, int by_cipher);
void baseline_tags_free(void *tags);
/// Tags `count` packets of `length` bytes at `packets`, the i-th with the key `key_indexes[i]`, over its first 26 bytes and
/// those from 35 on. Returns the XOR of the tags, so that nothing is optimised away.
uint64_t baseline_tags(
    void *tags, const uint8_t *packets, size_t length, const uint32_t *key_indexes, size_t count);

/// Two kept ChaCha20-Poly1305 contexts.
void *baseline_link_make(const uint8_t *open_key, const uint8_t *seal_key);
void baseline_link_free(void *link);
/// Seals `count` messages of `length` bytes, tag included, for `baseline_link` to open under the same key: the i-th for
/// the link `key_indexes[i]`.
void baseline_link_fill(
    void *const *links, uint8_t *sealed, size_t length, uint64_t first_nonce, const uint32_t *key_indexes,
    size_t count);
/// Opens `count` sealed messages of `length` bytes (nonces from `first_nonce` on), tags each packet in them (one byte type
/// before it), and seals it again: the i-th on the link and with the tag's key `key_indexes[i]`. Returns how many opened.
size_t baseline_link(
    void *const *links, void *tags, const uint8_t *sealed, size_t length, uint64_t first_nonce,
    const uint32_t *key_indexes, uint64_t seal_nonce, uint8_t *output, size_t count);
