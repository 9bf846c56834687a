/* What the two systems do differently, in one place: `platform_posix.c` and its neighbour for Windows. */
#ifndef YQ_PLATFORM_H
#define YQ_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "slip.h"

/* The folder of this library, with the separator at its end. */
bool yq_library_folder(char *folder, size_t size);
/* fopen for a path in UTF-8. */
FILE *yq_open_file(const char *path, const char *mode);
/* Milliseconds since 1970. */
int64_t yq_now_ms(void);
/* Milliseconds that never run backwards. */
int64_t yq_ticks_ms(void);
/* Waits, and nothing else is done meanwhile. */
void yq_sleep(long ms);
/* Waits; on Windows the host's messages are pumped meanwhile, so that its windows stay alive. */
void yq_pause(long ms);
bool yq_random(void *bytes, size_t length);
/* Opens an address in a browser: "auto" as an app window where a browser can, else as the system opens addresses; any
   other text is a command that gets the address as its last argument. Does not wait for it. */
bool yq_open_page(const char *browser, const char *url);
/* Draws a slip and sends it to a printer by its name; an empty name is the system's own choice. */
bool yq_print_slip(const char *printer, const struct yq_slip *slip);
/* Puts a file in another's place at once, so that a reader sees the old or the new one. */
bool yq_replace_file(const char *from, const char *to);
/* A plug-in; NULL where it cannot be loaded. It stays loaded. */
void *yq_plugin_load(const char *path);
void *yq_plugin_symbol(void *plugin, const char *name);

#endif
