#include "cipher_ehc.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/aes.h"
#include "crypto/base64.h"
#include "crypto/des.h"
#include "crypto/hex.h"
#include "crypto/md5.h"
#include "crypto/sm3.h"
#include "crypto/sm4.h"
#include "crypto/wipe.h"

enum { SECRET = 32, DES_SECRET = 8, LONGEST_BLOCK = 16 };

struct yq_cipher {
    const char *name;
    bool (*key)(const char *secret, uint8_t key[SECRET]);
    size_t (*encrypt)(const uint8_t *key, const void *in, size_t length, void *out);
    int (*decrypt)(const uint8_t *key, const void *in, size_t length, void *out, size_t *out_length);
    bool hex; /* else Base64 */
};

/* 32 hexadecimal digits, decoded. */
static bool sm4_key(const char *secret, uint8_t key[SECRET])
{
    return strlen(secret) == SECRET && yq_unhex(secret, SECRET, key) == 0;
}

/* 32 characters as they stand. */
static bool aes_key(const char *secret, uint8_t key[SECRET])
{
    if (strlen(secret) != SECRET)
        return false;
    memcpy(key, secret, SECRET);
    return true;
}

/* The first eight characters. */
static bool des_key(const char *secret, uint8_t key[SECRET])
{
    if (strlen(secret) < DES_SECRET)
        return false;
    memcpy(key, secret, DES_SECRET);
    return true;
}

static size_t sm4_encrypt(const uint8_t *key, const void *in, size_t length, void *out)
{
    static const uint8_t no_iv[16];
    return yq_sm4_encrypt(YQ_ECB, key, no_iv, in, length, out);
}

static int sm4_decrypt(const uint8_t *key, const void *in, size_t length, void *out, size_t *out_length)
{
    static const uint8_t no_iv[16];
    return yq_sm4_decrypt(YQ_ECB, key, no_iv, in, length, out, out_length);
}

static size_t aes_encrypt(const uint8_t *key, const void *in, size_t length, void *out)
{
    static const uint8_t no_iv[16];
    return yq_aes_encrypt(YQ_ECB, key, SECRET, no_iv, in, length, out);
}

static int aes_decrypt(const uint8_t *key, const void *in, size_t length, void *out, size_t *out_length)
{
    static const uint8_t no_iv[16];
    return yq_aes_decrypt(YQ_ECB, key, SECRET, no_iv, in, length, out, out_length);
}

static size_t des_encrypt(const uint8_t *key, const void *in, size_t length, void *out)
{
    static const uint8_t no_iv[8];
    return yq_des_encrypt(YQ_ECB, key, no_iv, in, length, out);
}

static int des_decrypt(const uint8_t *key, const void *in, size_t length, void *out, size_t *out_length)
{
    static const uint8_t no_iv[8];
    return yq_des_decrypt(YQ_ECB, key, no_iv, in, length, out, out_length);
}

static const struct yq_cipher ciphers[] = {
    {"SM4", sm4_key, sm4_encrypt, sm4_decrypt, true},
    {"AES", aes_key, aes_encrypt, aes_decrypt, false},
    {"DES", des_key, des_encrypt, des_decrypt, false},
};

const struct yq_cipher *yq_cipher(const char *enc_type)
{
    for (size_t at = 0; at < sizeof ciphers / sizeof *ciphers; at++)
        if (strcmp(ciphers[at].name, enc_type) == 0)
            return ciphers + at;
    return NULL;
}

/* Bytes in the cipher's spelling. */
static bool spelled(const struct yq_cipher *cipher, const uint8_t *bytes, size_t length, struct yq_buffer *text)
{
    size_t size = cipher->hex ? 2 * length : (length + 2) / 3 * 4;
    char *room = yq_buffer_reserve(text, size + 1);
    if (room == NULL)
        return false;
    if (cipher->hex)
        yq_hex(bytes, length, room, 0);
    else
        yq_base64(bytes, length, room);
    yq_buffer_grown(text, size);
    return true;
}

bool yq_encipher(const struct yq_cipher *cipher, const char *secret, const struct yq_buffer *plain,
                 struct yq_buffer *text)
{
    uint8_t key[SECRET];
    if (!cipher->key(secret, key))
        return false;
    uint8_t *sealed = malloc(plain->length + LONGEST_BLOCK);
    bool good = sealed != NULL;
    if (good) {
        size_t length = cipher->encrypt(key, yq_buffer_string(plain), plain->length, sealed);
        good = length > 0 && spelled(cipher, sealed, length, text);
    }
    yq_wipe(key, sizeof key);
    free(sealed);
    return good;
}

/* The bytes of a spelling, line breaks left out; false where it is none. */
static bool read_spelling(const struct yq_cipher *cipher, const char *text, char *clean, uint8_t *bytes, size_t *length)
{
    size_t count = 0;
    for (const char *at = text; *at != '\0'; at++)
        if (*at != '\r' && *at != '\n')
            clean[count++] = *at;
    *length = count / 2;
    return cipher->hex ? yq_unhex(clean, count, bytes) == 0 : yq_unbase64(clean, count, bytes, length) == 0;
}

bool yq_decipher(const struct yq_cipher *cipher, const char *secret, const char *text, struct yq_buffer *plain)
{
    uint8_t key[SECRET];
    size_t size = strlen(text), length = 0, plain_length = 0;
    if (!cipher->key(secret, key))
        return false;
    char *clean = malloc(size + 1);
    uint8_t *sealed = malloc(size + 1);
    char *room = yq_buffer_reserve(plain, size);
    bool good = clean != NULL && sealed != NULL && room != NULL && read_spelling(cipher, text, clean, sealed, &length);
    if (good) {
        good = cipher->decrypt(key, sealed, length, room, &plain_length) == 0;
        yq_buffer_grown(plain, good ? plain_length : 0);
    }
    yq_wipe(key, sizeof key);
    free(clean);
    free(sealed);
    return good;
}

bool yq_digest_hex(const char *sign_type, const struct yq_buffer *bytes, char hex[2 * YQ_LONGEST_DIGEST + 1])
{
    uint8_t digest[YQ_LONGEST_DIGEST];
    bool sm3 = strcmp(sign_type, "SM3") == 0;
    if (!sm3 && strcmp(sign_type, "MD5") != 0)
        return false;
    if (sm3)
        yq_sm3(yq_buffer_string(bytes), bytes->length, digest);
    else
        yq_md5(yq_buffer_string(bytes), bytes->length, digest);
    yq_hex(digest, sm3 ? 32 : 16, hex, 0);
    return true;
}
