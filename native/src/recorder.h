/* The flight recorder: a line for each call in a file that is turned over when it is full. It keeps what is needed to
   find out what happened (names, numbers of trades, amounts, codes, times); keys and all that is personal is masked,
   by a list of what may be seen, so that a field nobody has thought of is masked too. */
#ifndef YQ_RECORDER_H
#define YQ_RECORDER_H

#include <stddef.h>
#include <stdint.h>

#include "settings.h"

struct yq_record {
    const char *function; /* OneTrans, VirtualCardTrans */
    const char *in;       /* what the host has handed in; may be NULL, and is read as far as the settings let it */
    const char *out;      /* what it got, NUL-terminated */
    const char *code;
    int64_t began_ms, took_ms;
};

/* Does nothing where the settings name no file; what cannot be written is lost, and the call does not suffer. */
void yq_record(const struct yq_settings *settings, const struct yq_record *record);

#endif
