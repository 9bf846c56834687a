/* Times as the standards write them: Beijing, digits only. */
#ifndef YQ_MOMENT_H
#define YQ_MOMENT_H

#include <stdint.h>

/* yyyyMMddHHmmssSSS of milliseconds since 1970; the first fourteen are the time without milliseconds. */
void yq_moment(int64_t ms, char text[18]);

#endif
