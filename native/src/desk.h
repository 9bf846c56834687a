/* One call of a host on its way: what it asked, by which settings, over which connection. */
#ifndef YQ_DESK_H
#define YQ_DESK_H

#include "envelope_onetrans.h"
#include "http.h"
#include "settings.h"

struct yq_desk {
    const struct yq_settings *settings;
    struct yq_http *http;
    struct yq_arena arena;
    struct yq_onetrans_request request;
    struct yq_buffer message;
    struct yq_buffer answer;
    char msgid[31], timestamp[18]; /* of a request that is made anew */
};

/* What came of asking. */
enum yq_asked {
    YQ_REPLIED, /* a verified reply, which may refuse */
    YQ_UNSENT,  /* nothing was sent */
    YQ_LOST,    /* nobody knows whether the platform acted */
};

/* Sends the desk's request as it stands and reads the answer. A reply that was read before is freed by the caller. */
enum yq_asked yq_ask(struct yq_desk *desk, struct yq_onetrans_reply *reply, struct yq_error *error);
/* Gives the request a msgid and a timestamp of its own: the institution's part of the host's, the time, four digits. */
bool yq_renew(struct yq_desk *desk);

#endif
