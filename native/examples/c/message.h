/* What a HIS needs around its calls: public parameters, and single values out of an answer. */
#ifndef EXAMPLE_MESSAGE_H
#define EXAMPLE_MESSAGE_H

#include <stddef.h>

enum { MESSAGE = 8192 }; /* [limits] input_size and output_size */

/* The application as the platform has registered it. */
struct application {
    const char *app_id, *app_key;
    const char *institution; /* the medical institution's code, 12 characters */
    const char *device;      /* the reader's place */
};

/* A request: the public parameters and `data`, a JSON object in GBK. False where it does not fit. */
int message_write(char message[MESSAGE], const struct application *of, const char *trans_type, const char *data);
/* The first value of that name, as it is written in the answer; "" where there is none or it does not fit. A text stays
   as it is, in GBK and with its escapes, so that it can be put into the next request. */
void message_value(const char *answer, const char *name, char *value, size_t size);

#endif
