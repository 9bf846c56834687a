/* One call of VirtualCardTrans: from the host's texts and back. */
#ifndef YQ_VIRTUALCARD_CALL_H
#define YQ_VIRTUALCARD_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "settings.h"

enum { YQ_CARD_CODE = 16, YQ_CARD_CODE_TEXT = 128 * 4 + 1 }; /* a link has 128 characters at most */

/* What a call came to. */
struct yq_card_outcome {
    char code[YQ_CARD_CODE];               /* "00", or the platform's or the library's return code */
    bool authorises;                       /* a link came, as ehc.ehealthcard.authurl answers */
    char authorisation[YQ_CARD_CODE_TEXT]; /* that link; "" where it is too long to be kept */
};

/* Writes the content, or the code and the reason, into `out`. */
void yq_virtualcard_call(const struct yq_settings *settings, const char *url, const char *in, char *out, size_t size,
                         struct yq_card_outcome *outcome);
/* Writes a fault of the library's own, and its code by the standard's table. */
void yq_virtualcard_fault(const struct yq_error *error, bool utf8, char *out, size_t size, char code[YQ_CARD_CODE]);

#endif
