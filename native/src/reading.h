/* Reading at the desk: a request that wants a code and brings none gets it from the plug-in that the ini names. */
#ifndef YQ_READING_H
#define YQ_READING_H

#include "desk.h"

/* Puts the code into the desk's request where one is due. False with an error by the platform's codes for it. */
bool yq_read_at_desk(struct yq_desk *desk, struct yq_error *error);

#endif
