/* Messages of the unified library on the wire: signed by HMAC-SM3, enciphered by SM4-CBC, JSON in GBK. The rule is told
   in docs/onetrans-wire.md; the key never travels. No I/O but the random bytes of an IV. */
#ifndef YQ_ENVELOPE_ONETRANS_H
#define YQ_ENVELOPE_ONETRANS_H

#include "arena.h"
#include "buffer.h"
#include "error.h"
#include "json.h"
#include "params.h"

/* What a host has handed in. All texts are the arena's. */
struct yq_onetrans_request {
    struct yq_params params; /* public parameters without data, app_key and sign */
    const char *app_key;
    const struct yq_json *data; /* an object */
};

/* What a platform has answered, verified. It has an arena of its own. */
struct yq_onetrans_reply {
    struct yq_arena arena;
    struct yq_params params;
    const struct yq_json *data; /* an object; NULL where it has no content */
};

/* Reads what a host has handed in, GBK. */
bool yq_onetrans_open(struct yq_arena *arena, const char *gbk, size_t length, struct yq_onetrans_request *request,
                      struct yq_error *error);
/* The bytes of a message to the platform. */
bool yq_onetrans_seal(const struct yq_onetrans_request *request, struct yq_buffer *message, struct yq_error *error);
/* Verifies and deciphers an answer. A refusal may come unsigned, a success never. On false nothing is to be believed.
   The reply has to be freed in either case. */
bool yq_onetrans_open_reply(const char *gbk, size_t length, const char *app_key, struct yq_onetrans_reply *reply,
                            struct yq_error *error);
void yq_onetrans_reply_free(struct yq_onetrans_reply *reply);

#endif
