/* HTTP as a caller of one platform needs it: one POST after another on the same connection. */
#ifndef YQ_HTTP_H
#define YQ_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

struct yq_http_settings {
    long connect_ms;
    long timeout_ms;   /* of one request, connecting included */
    char ca_file[512]; /* certificates of a private authority, PEM; empty: the system's */
    char proxy[256];   /* empty: none, "system": what the system says */
};

struct yq_http;

/* What is certain of a request. */
enum yq_sent {
    YQ_HTTP_ANSWERED, /* a whole answer came, whatever its status */
    YQ_HTTP_NOT_SENT, /* nothing reached the other side */
    YQ_HTTP_LOST,     /* it may have */
};

/* NULL and `why` (Chinese, UTF-8) where the machine has no way to call. */
struct yq_http *yq_http_open(const struct yq_http_settings *settings, char *why, size_t why_size);
void yq_http_close(struct yq_http *http);
/* `reply` is cleared first; its bound holds. */
enum yq_sent yq_http_send(struct yq_http *http, const char *url, const char *content_type, const void *body,
                          size_t length, struct yq_buffer *reply, long *status, char *why, size_t why_size);

#endif
