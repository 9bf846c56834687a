/* The second screen: a page of the library's own in a file, which looks at itself every second. It shows the code of
   the last authorisation, or rests. Nothing of it needs a network. */
#ifndef YQ_SCREEN_H
#define YQ_SCREEN_H

#include <stdbool.h>

#include "error.h"
#include "settings.h"

enum { YQ_SCREEN_PATH = 1600, YQ_SCREEN_ADDRESS = 3 * YQ_SCREEN_PATH + 16 };

/* Writes the page: `text` is drawn as a code; NULL, or a text too long for one: it rests. `address` is what a browser
   has to open to see it. */
bool yq_screen(const struct yq_settings *settings, const char *text, char address[YQ_SCREEN_ADDRESS],
               struct yq_error *error);

#endif
