/* What the library does until a trade is settled or a choice is made: ask, open a page, wait, ask again; never under
   another serial of the host's. The same steps as those of the hub's own client. */
#ifndef YQ_COURSE_H
#define YQ_COURSE_H

#include "desk.h"

/* The last reply that was got, settled or not, or the error for which there is none. */
enum yq_asked yq_follow(struct yq_desk *desk, struct yq_onetrans_reply *reply, struct yq_error *error);

#endif
