#include "CBaseline.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// glibc keeps its own under these names, so that malloc may be replaced by one that counts.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *pointer, size_t size);
static atomic_uint_fast64_t allocations;

void *malloc(size_t size) {
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    return __libc_calloc(count, size);
}
void *realloc(void *pointer, size_t size) {
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    return __libc_realloc(pointer, size);
}
uint64_t baseline_allocation_count(void) { return atomic_load_explicit(&allocations, memory_order_relaxed); }

// A CMAC key either as libcrypto's own CMAC, or as its AES-128-CBC in one call (RFC 4493), which is how the product has it.
struct key {
    EVP_MAC_CTX *mac;
    EVP_CIPHER_CTX *cipher;
    uint8_t whole[16], padded[16], chained[16];
};

struct tags {
    size_t count;
    EVP_MAC *mac;
    struct key keys[];
};

void baseline_tags_free(void *handle) {
    struct tags *tags = handle;
    if (!tags) return;
    for (size_t i = 0; i < tags->count; i++) {
        EVP_MAC_CTX_free(tags->keys[i].mac);
        EVP_CIPHER_CTX_free(tags->keys[i].cipher);
    }
    EVP_MAC_free(tags->mac);
    free(tags);
}

static int make_mac(struct key *key, EVP_MAC *mac, const uint8_t *bytes) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, "AES-128-CBC", 0), OSSL_PARAM_construct_end()};
    key->mac = EVP_MAC_CTX_new(mac);
    return key->mac && EVP_MAC_init(key->mac, bytes, 16, parameters);
}

// RFC 4493, section 2.3.
static void twice(uint8_t out[16], const uint8_t in[16]) {
    for (int i = 0; i < 16; i++) out[i] = (uint8_t)(in[i] << 1 | (i < 15 ? in[i + 1] >> 7 : 0));
    if (in[0] & 0x80) out[15] ^= 0x87;
}

static int make_cipher(struct key *key, const uint8_t *bytes) {
    static const uint8_t zeros[16];
    key->cipher = EVP_CIPHER_CTX_new();
    if (!key->cipher || !EVP_EncryptInit_ex2(key->cipher, EVP_aes_128_cbc(), bytes, zeros, NULL)) return 0;
    EVP_CIPHER_CTX_set_padding(key->cipher, 0);
    if (EVP_Cipher(key->cipher, key->chained, zeros, 16) <= 0) return 0;
    twice(key->whole, key->chained);
    twice(key->padded, key->whole);
    return 1;
}

void *baseline_tags_make(const uint8_t *keys, size_t key_count, int by_cipher) {
    struct tags *tags = calloc(1, sizeof *tags + key_count * sizeof(struct key));
    if (!tags) return NULL;
    tags->count = key_count;
    tags->mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
    for (size_t i = 0; i < key_count; i++) {
        struct key *key = &tags->keys[i];
        if (by_cipher ? make_cipher(key, keys + 16 * i) : make_mac(key, tags->mac, keys + 16 * i)) continue;
        baseline_tags_free(tags);
        return NULL;
    }
    return tags;
}

static void combine(uint8_t *bytes, const uint8_t other[16]) {
    uint64_t a[2], b[2];
    memcpy(a, bytes, 16);
    memcpy(b, other, 16);
    a[0] ^= b[0];
    a[1] ^= b[1];
    memcpy(bytes, a, 16);
}

static void tag_by_cipher(struct key *key, const uint8_t *packet, size_t length, uint8_t out[16]) {
    uint8_t bytes[256];
    size_t filled = length - 9, end = (filled + 15) & ~(size_t)15;
    memcpy(bytes, packet, 26);
    memcpy(bytes + 26, packet + 35, length - 35);
    if (filled < end) {
        bytes[filled] = 0x80;
        memset(bytes + filled + 1, 0, end - filled - 1);
    }
    combine(bytes + end - 16, filled == end ? key->whole : key->padded);
    combine(bytes, key->chained);
    EVP_Cipher(key->cipher, bytes, bytes, (unsigned)end);
    memcpy(key->chained, bytes + end - 16, 16);
    memcpy(out, key->chained, 16);
}

static uint64_t tag(struct key *key, const uint8_t *packet, size_t length) {
    uint8_t out[16];
    size_t written = 0;
    uint64_t value = 0;
    if (key->cipher) {
        tag_by_cipher(key, packet, length, out);
    } else {
        EVP_MAC_init(key->mac, NULL, 0, NULL);
        EVP_MAC_update(key->mac, packet, 26);
        EVP_MAC_update(key->mac, packet + 35, length - 35);
        EVP_MAC_final(key->mac, out, &written, sizeof out);
    }
    memcpy(&value, out, 8);
    return value;
}

uint64_t baseline_tags(
    void *handle, const uint8_t *packets, size_t length, const uint32_t *key_indexes, size_t count) {
    struct tags *tags = handle;
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum ^= tag(&tags->keys[key_indexes[i]], packets + i * length, length);
    return sum;
}

struct link {
    EVP_CIPHER_CTX *open;
    EVP_CIPHER_CTX *seal;
};

void baseline_link_free(void *handle) {
    struct link *link = handle;
    if (!link) return;
    EVP_CIPHER_CTX_free(link->open);
    EVP_CIPHER_CTX_free(link->seal);
    free(link);
}

void *baseline_link_make(const uint8_t *open_key, const uint8_t *seal_key) {
    struct link *link = calloc(1, sizeof *link);
    if (!link) return NULL;
    link->open = EVP_CIPHER_CTX_new();
    link->seal = EVP_CIPHER_CTX_new();
    if (!EVP_DecryptInit_ex2(link->open, EVP_chacha20_poly1305(), open_key, NULL, NULL) ||
        !EVP_EncryptInit_ex2(link->seal, EVP_chacha20_poly1305(), seal_key, NULL, NULL)) {
        baseline_link_free(link);
        return NULL;
    }
    return link;
}

static void nonce(uint8_t out[12], uint64_t number) {
    memset(out, 0, 4);
    memcpy(out + 4, &number, 8);
}

void baseline_link_fill(
    void *const *links, uint8_t *sealed, size_t length, uint64_t first_nonce, const uint32_t *key_indexes,
    size_t count) {
    uint8_t plain[512] = {1}, iv[12];
    for (size_t i = 0; i < count; i++) {
        struct link *link = links[key_indexes[i]];
        uint8_t *out = sealed + i * length;
        int written = 0, final = 0;
        nonce(iv, first_nonce + i);
        EVP_EncryptInit_ex2(link->seal, NULL, NULL, iv, NULL);
        EVP_EncryptUpdate(link->seal, out, &written, plain, (int)(length - 16));
        EVP_EncryptFinal_ex(link->seal, out + written, &final);
        EVP_CIPHER_CTX_ctrl(link->seal, EVP_CTRL_AEAD_GET_TAG, 16, out + length - 16);
    }
}

size_t baseline_link(
    void *const *links, void *tag_handle, const uint8_t *sealed, size_t length, uint64_t first_nonce,
    const uint32_t *key_indexes, uint64_t seal_nonce, uint8_t *output, size_t count) {
    struct tags *tags = tag_handle;
    uint8_t plain[512], iv[12];
    size_t opened = 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        struct link *link = links[key_indexes[i]];
        const uint8_t *in = sealed + i * length;
        uint8_t *out = output + i * length;
        int written = 0, final = 0;
        nonce(iv, first_nonce + i);
        EVP_DecryptInit_ex2(link->open, NULL, NULL, iv, NULL);
        EVP_DecryptUpdate(link->open, plain, &written, in, (int)(length - 16));
        EVP_CIPHER_CTX_ctrl(link->open, EVP_CTRL_AEAD_SET_TAG, 16, (void *)(in + length - 16));
        opened += EVP_DecryptFinal_ex(link->open, plain + written, &final) == 1;
        sum ^= tag(&tags->keys[key_indexes[i]], plain + 1, length - 17);
        nonce(iv, seal_nonce + i);
        EVP_EncryptInit_ex2(link->seal, NULL, NULL, iv, NULL);
        EVP_EncryptUpdate(link->seal, out, &written, plain, (int)(length - 16));
        EVP_EncryptFinal_ex(link->seal, out + written, &final);
        EVP_CIPHER_CTX_ctrl(link->seal, EVP_CTRL_AEAD_GET_TAG, 16, out + length - 16);
    }
    return opened + (sum == 1);
}
