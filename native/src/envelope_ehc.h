/* Messages of the electronic health card platform on the wire, JSON in UTF-8: biz_content enciphered (SM4, AES, DES,
   each ECB), then all parameters signed (SM3 or MD5 of the joined string and the secret behind it). No I/O. */
#ifndef YQ_ENVELOPE_EHC_H
#define YQ_ENVELOPE_EHC_H

#include "arena.h"
#include "buffer.h"
#include "error.h"
#include "json.h"
#include "params.h"

/* What a host has handed in; its texts are the arena's. */
struct yq_ehc_request {
    struct yq_params params; /* without biz_content, key and sign */
    const char *secret;
    const char *sign;              /* the host's own, "" where it is left to the library */
    const struct yq_json *content; /* an object; or a text, enciphered by the host, where `sign` is its own */
};

/* What a platform has answered, verified. It has an arena of its own. */
struct yq_ehc_reply {
    struct yq_arena arena;
    struct yq_params params;
    const struct yq_json *content; /* an object; NULL where there is none */
};

/* Reads what a host has handed in. What it left open (sign_type, enc_type, version, timestamp, key) is filled in:
   `secret` stands in for a missing key. */
bool yq_ehc_open(struct yq_arena *arena, const char *bytes, size_t length, bool utf8, const char *secret,
                 struct yq_ehc_request *request, struct yq_error *error);
/* The bytes of a message to the platform. The key never travels. */
bool yq_ehc_seal(const struct yq_ehc_request *request, struct yq_buffer *message, struct yq_error *error);
/* Verifies and deciphers an answer; a refusal may come unsigned, a success never. To be freed in either case. */
bool yq_ehc_open_reply(const char *bytes, size_t length, const char *secret, struct yq_ehc_reply *reply,
                       struct yq_error *error);
void yq_ehc_reply_free(struct yq_ehc_reply *reply);

#endif
