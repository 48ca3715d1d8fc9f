#define _GNU_SOURCE
#include "ModelledCryptography.h"

#include <dlfcn.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Real functions of libcrypto, by their names.
#define REAL(name) \
    static __typeof__(&name) next; \
    if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

// A key or a context of ours begins with this; libcrypto's begin with small integers or pointers.
#define MARK 0x5d1de9a7e0c7b3a1ULL

enum kind { AGREEMENT, SIGNING, VERIFYING };

struct key {
    uint64_t mark;
    enum kind kind;
    uint8_t public_key[32];
    EVP_PKEY *real; // A signing key's own.
};

struct agreement {
    uint64_t mark;
    const struct key *own, *peer;
};

static struct key *ours(const EVP_PKEY *key) {
    struct key *own = (struct key *)key;
    return own && own->mark == MARK ? own : NULL;
}

static struct agreement *our_agreement(const EVP_PKEY_CTX *context) {
    struct agreement *own = (struct agreement *)context;
    return own && own->mark == MARK ? own : NULL;
}

// Hashing: 256 bits by multiplying and folding. It need only spread.

static uint64_t folded(uint64_t left, uint64_t right) {
    __uint128_t product = (__uint128_t)left * right;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

struct digest { uint64_t words[4]; };

static struct digest begun(uint64_t purpose) {
    return (struct digest){{purpose ^ 0x9e3779b97f4a7c15ULL, 0xbf58476d1ce4e5b9ULL, 0x94d049bb133111ebULL, 0x2545f4914f6cdd1dULL}};
}

static void absorb(struct digest *digest, const uint8_t *bytes, size_t count) {
    for (size_t offset = 0; offset < count; offset += 16) {
        uint64_t words[2] = {0, 0};
        size_t part = count - offset < 16 ? count - offset : 16;
        memcpy(words, bytes + offset, part);
        for (int lane = 0; lane < 4; lane++) {
            uint64_t *word = &digest->words[lane];
            *word = folded(words[0] ^ *word, words[1] ^ (0xa0761d6478bd642fULL + 2 * lane)) + offset + lane + count;
        }
    }
}

static struct digest ended(struct digest digest) {
    for (int round = 0; round < 2; round++)
        for (int lane = 0; lane < 4; lane++)
            digest.words[lane] = folded(digest.words[lane] ^ 0xe7037ed1a0b428dbULL, digest.words[(lane + 1) % 4] ^ 0x8ebc6af09c88c6e3ULL)
                + digest.words[(lane + 2) % 4];
    return digest;
}

// Provisioned keys: private and public. A process has room for those of tens of thousands of runs; one more would be
// another key after its bridge's restart, so that the process ends instead.

#define PROVISIONED_MAX (1u << 21)

struct provisioned { uint8_t is_taken, private_key[32], public_key[32]; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct provisioned *provisioned;
static unsigned provisioned_count;
static _Thread_local int provisioning;

int sidegate_modelled_cryptography_provisions(int provisions) {
    int before = provisioning;
    provisioning = provisions != 0;
    return before;
}

// The slot of a private key, or the free one where it would stand; under the lock.
static struct provisioned *slot(const uint8_t *private_key) {
    if (!provisioned) provisioned = calloc(PROVISIONED_MAX, sizeof *provisioned);
    if (!provisioned) return NULL;
    struct digest digest = begun(1);
    absorb(&digest, private_key, 32);
    for (unsigned index = ended(digest).words[0] % PROVISIONED_MAX;; index = (index + 1) % PROVISIONED_MAX) {
        struct provisioned *found = &provisioned[index];
        if (!found->is_taken || memcmp(found->private_key, private_key, 32) == 0) return found;
    }
}

static int known_public_key(const uint8_t *private_key, uint8_t *public_key) {
    pthread_mutex_lock(&lock);
    struct provisioned *found = slot(private_key);
    int is_known = found && found->is_taken;
    if (is_known) memcpy(public_key, found->public_key, 32);
    pthread_mutex_unlock(&lock);
    return is_known;
}

static void provision(const uint8_t *private_key, const uint8_t *public_key) {
    pthread_mutex_lock(&lock);
    struct provisioned *free_one = slot(private_key);
    // A quarter stays free, so that every search ends soon.
    if (!free_one || (!free_one->is_taken && provisioned_count >= PROVISIONED_MAX / 4 * 3)) {
        fputs("modelled cryptography has no room for more keys: run the rest in another process\n", stderr);
        abort();
    }
    if (!free_one->is_taken) {
        free_one->is_taken = 1;
        memcpy(free_one->private_key, private_key, 32);
        memcpy(free_one->public_key, public_key, 32);
        provisioned_count++;
    }
    pthread_mutex_unlock(&lock);
}

// Signatures that are known to be good: four places for each hash, the oldest goes.

#define SIGNATURES_MAX (1u << 16)

static struct digest signatures[SIGNATURES_MAX];

static struct digest signature_digest(const uint8_t *key, const uint8_t *signature, const uint8_t *message, size_t count) {
    struct digest digest = begun(2);
    absorb(&digest, key, 32);
    absorb(&digest, signature, 64);
    absorb(&digest, message, count);
    return ended(digest);
}

static int is_remembered(struct digest digest) {
    struct digest *place = &signatures[digest.words[0] % (SIGNATURES_MAX / 4) * 4];
    int is_found = 0;
    pthread_mutex_lock(&lock);
    for (int index = 0; index < 4 && !is_found; index++) is_found = memcmp(&place[index], &digest, sizeof digest) == 0;
    pthread_mutex_unlock(&lock);
    return is_found;
}

static void remember(struct digest digest) {
    if (is_remembered(digest)) return;
    struct digest *place = &signatures[digest.words[0] % (SIGNATURES_MAX / 4) * 4];
    pthread_mutex_lock(&lock);
    memmove(&place[1], &place[0], 3 * sizeof digest);
    place[0] = digest;
    pthread_mutex_unlock(&lock);
}

// Keys.

static struct key *made(enum kind kind, const uint8_t *public_key) {
    struct key *key = calloc(1, sizeof *key);
    if (!key) return NULL;
    key->mark = MARK;
    key->kind = kind;
    if (public_key) memcpy(key->public_key, public_key, 32);
    return key;
}

static EVP_PKEY *real_private(const char *type, const uint8_t *bytes, uint8_t *public_key) {
    REAL(EVP_PKEY_new_raw_private_key_ex);
    EVP_PKEY *real = next(NULL, type, NULL, bytes, 32);
    static __typeof__(&EVP_PKEY_get_raw_public_key) get;
    if (!get) get = (__typeof__(get))dlsym(RTLD_NEXT, "EVP_PKEY_get_raw_public_key");
    size_t length = 32;
    if (real && get(real, public_key, &length) == 1 && length == 32) return real;
    EVP_PKEY_free(real);
    return NULL;
}

static EVP_PKEY *signing_key(const uint8_t *bytes) {
    struct key *key = made(SIGNING, NULL);
    if (key) key->real = real_private("ED25519", bytes, key->public_key);
    if (key && key->real) return (EVP_PKEY *)key;
    free(key);
    return NULL;
}

static EVP_PKEY *agreement_key(const uint8_t *bytes) {
    struct key *key = made(AGREEMENT, NULL);
    if (!key || known_public_key(bytes, key->public_key)) return (EVP_PKEY *)key;
    if (provisioning) {
        EVP_PKEY *real = real_private("X25519", bytes, key->public_key);
        if (!real) {
            free(key);
            return NULL;
        }
        EVP_PKEY_free(real);
        provision(bytes, key->public_key);
        return (EVP_PKEY *)key;
    }
    struct digest digest = begun(3);
    absorb(&digest, bytes, 32);
    digest = ended(digest);
    memcpy(key->public_key, &digest, 32);
    return (EVP_PKEY *)key;
}

EVP_PKEY *EVP_PKEY_new_raw_private_key_ex(
    OSSL_LIB_CTX *library, const char *type, const char *properties, const unsigned char *bytes, size_t count) {
    if (count == 32 && strcmp(type, "X25519") == 0) return agreement_key(bytes);
    if (count == 32 && strcmp(type, "ED25519") == 0) return signing_key(bytes);
    REAL(EVP_PKEY_new_raw_private_key_ex);
    return next(library, type, properties, bytes, count);
}

EVP_PKEY *EVP_PKEY_new_raw_public_key_ex(
    OSSL_LIB_CTX *library, const char *type, const char *properties, const unsigned char *bytes, size_t count) {
    if (count == 32 && strcmp(type, "X25519") == 0) return (EVP_PKEY *)made(AGREEMENT, bytes);
    if (count == 32 && strcmp(type, "ED25519") == 0) return (EVP_PKEY *)made(VERIFYING, bytes);
    REAL(EVP_PKEY_new_raw_public_key_ex);
    return next(library, type, properties, bytes, count);
}

int EVP_PKEY_get_raw_public_key(const EVP_PKEY *key, unsigned char *bytes, size_t *count) {
    struct key *own = ours(key);
    if (!own) {
        REAL(EVP_PKEY_get_raw_public_key);
        return next(key, bytes, count);
    }
    if (bytes && *count < 32) return 0;
    if (bytes) memcpy(bytes, own->public_key, 32);
    *count = 32;
    return 1;
}

EVP_PKEY *EVP_PKEY_dup(EVP_PKEY *key) {
    struct key *own = ours(key);
    if (own) return own->kind == AGREEMENT ? (EVP_PKEY *)made(AGREEMENT, own->public_key) : NULL;
    REAL(EVP_PKEY_dup);
    return next(key);
}

int EVP_PKEY_set1_encoded_public_key(EVP_PKEY *key, const unsigned char *bytes, size_t count) {
    struct key *own = ours(key);
    if (!own) {
        REAL(EVP_PKEY_set1_encoded_public_key);
        return next(key, bytes, count);
    }
    if (own->kind != AGREEMENT || count != 32) return 0;
    memcpy(own->public_key, bytes, 32);
    return 1;
}

void EVP_PKEY_free(EVP_PKEY *key) {
    REAL(EVP_PKEY_free);
    struct key *own = ours(key);
    if (!own) {
        next(key);
        return;
    }
    if (own->real) next(own->real);
    own->mark = 0;
    free(own);
}

// Agreement.

EVP_PKEY_CTX *EVP_PKEY_CTX_new_from_pkey(OSSL_LIB_CTX *library, EVP_PKEY *key, const char *properties) {
    struct key *own = ours(key);
    if (!own) {
        REAL(EVP_PKEY_CTX_new_from_pkey);
        return next(library, key, properties);
    }
    struct agreement *agreement = calloc(1, sizeof *agreement);
    if (agreement) *agreement = (struct agreement){MARK, own, NULL};
    return (EVP_PKEY_CTX *)agreement;
}

void EVP_PKEY_CTX_free(EVP_PKEY_CTX *context) {
    struct agreement *own = our_agreement(context);
    if (!own) {
        REAL(EVP_PKEY_CTX_free);
        next(context);
        return;
    }
    own->mark = 0;
    free(own);
}

int EVP_PKEY_derive_init(EVP_PKEY_CTX *context) {
    if (our_agreement(context)) return 1;
    REAL(EVP_PKEY_derive_init);
    return next(context);
}

int EVP_PKEY_derive_set_peer_ex(EVP_PKEY_CTX *context, EVP_PKEY *peer, int validates) {
    struct agreement *own = our_agreement(context);
    if (!own) {
        REAL(EVP_PKEY_derive_set_peer_ex);
        return next(context, peer, validates);
    }
    own->peer = ours(peer);
    return own->peer && own->peer->kind == AGREEMENT && own->own->kind == AGREEMENT;
}

int EVP_PKEY_derive(EVP_PKEY_CTX *context, unsigned char *bytes, size_t *count) {
    struct agreement *own = our_agreement(context);
    if (!own) {
        REAL(EVP_PKEY_derive);
        return next(context, bytes, count);
    }
    static const uint8_t nothing[32];
    if (!own->peer || memcmp(own->peer->public_key, nothing, 32) == 0 || (bytes && *count < 32)) return 0;
    *count = 32;
    if (!bytes) return 1;
    const uint8_t *first = own->own->public_key, *second = own->peer->public_key;
    int is_ordered = memcmp(first, second, 32) <= 0;
    struct digest digest = begun(4);
    absorb(&digest, is_ordered ? first : second, 32);
    absorb(&digest, is_ordered ? second : first, 32);
    digest = ended(digest);
    memcpy(bytes, &digest, 32);
    return 1;
}

// Signatures. What a context was last begun for in this thread.

static _Thread_local struct { EVP_MD_CTX *context; const struct key *key; } pending;

int EVP_DigestSignInit_ex(
    EVP_MD_CTX *context, EVP_PKEY_CTX **inner, const char *digest, OSSL_LIB_CTX *library, const char *properties,
    EVP_PKEY *key, const OSSL_PARAM parameters[]) {
    REAL(EVP_DigestSignInit_ex);
    struct key *own = ours(key);
    pending.context = own ? context : NULL;
    pending.key = own;
    return next(context, inner, digest, library, properties, own ? own->real : key, parameters);
}

int EVP_DigestSign(
    EVP_MD_CTX *context, unsigned char *signature, size_t *length, const unsigned char *message, size_t count) {
    REAL(EVP_DigestSign);
    int result = next(context, signature, length, message, count);
    if (result == 1 && signature && *length == 64 && pending.context == context)
        remember(signature_digest(pending.key->public_key, signature, message, count));
    return result;
}

int EVP_DigestVerifyInit_ex(
    EVP_MD_CTX *context, EVP_PKEY_CTX **inner, const char *digest, OSSL_LIB_CTX *library, const char *properties,
    EVP_PKEY *key, const OSSL_PARAM parameters[]) {
    struct key *own = ours(key);
    pending.context = own ? context : NULL;
    pending.key = own;
    if (own) return own->kind == VERIFYING;
    REAL(EVP_DigestVerifyInit_ex);
    return next(context, inner, digest, library, properties, key, parameters);
}

// What nobody in this process has signed is verified in earnest.
static int verified(
    EVP_MD_CTX *context, const struct key *key, const uint8_t *signature, const uint8_t *message, size_t count) {
    REAL(EVP_DigestVerify);
    static __typeof__(&EVP_PKEY_new_raw_public_key_ex) make;
    static __typeof__(&EVP_DigestVerifyInit_ex) begin;
    if (!make) make = (__typeof__(make))dlsym(RTLD_NEXT, "EVP_PKEY_new_raw_public_key_ex");
    if (!begin) begin = (__typeof__(begin))dlsym(RTLD_NEXT, "EVP_DigestVerifyInit_ex");
    EVP_PKEY *real = make(NULL, "ED25519", NULL, key->public_key, 32);
    if (!real) return 0;
    int result = begin(context, NULL, NULL, NULL, NULL, real, NULL);
    if (result == 1) result = next(context, signature, 64, message, count);
    EVP_PKEY_free(real);
    return result;
}

int EVP_DigestVerify(
    EVP_MD_CTX *context, const unsigned char *signature, size_t length, const unsigned char *message, size_t count) {
    if (pending.context != context || !pending.key) {
        REAL(EVP_DigestVerify);
        return next(context, signature, length, message, count);
    }
    if (length != 64) return 0;
    struct digest digest = signature_digest(pending.key->public_key, signature, message, count);
    if (is_remembered(digest)) return 1;
    int result = verified(context, pending.key, signature, message, count);
    if (result == 1) remember(digest);
    return result;
}
