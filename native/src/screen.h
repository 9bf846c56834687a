/* The second screen: a page of the library's own in a file, which looks at itself every second. It shows the code of
   the last authorisation, or rests. Nothing of it needs a network. */
#ifndef YQ_SCREEN_H
#define YQ_SCREEN_H

#include <stdbool.h>

#include "error.h"
#include "settings.h"

/* `text` is drawn as a code; NULL: the page rests. `open`: a browser is to be opened on it. */
bool yq_screen(const struct yq_settings *settings, const char *text, bool open, struct yq_error *error);

#endif
