/* What an ini beside the library says; `native/ini` explains each value. It is read anew at every call, so that a
   change holds at once and nothing is kept between calls. */
#ifndef YQ_SETTINGS_H
#define YQ_SETTINGS_H

#include <stdbool.h>

#include "error.h"
#include "http.h"
#include "ini.h"

struct yq_settings {
    struct yq_http_settings http;
    char url[512];     /* gateway */
    long input_size;   /* bytes that may be read of what the host hands in, its NUL included */
    long output_size;  /* bytes of the host's buffer */
    char browser[512]; /* auto, none, or a command */
    long wait_s;       /* how long a page is waited for */
    long confirm_s;    /* how long a result without a page is waited for */
    long poll_ms;
    char plugin[512]; /* reader plug-in */
    char plugin_options[512];
    long reader_ms;   /* how long a patient may take to present a code */
    char record[512]; /* the recorder's file, empty: none */
    long record_kb;
    long record_files;
    bool utf8; /* VirtualCardChk: text is UTF-8, not GBK */
    char printer[256];
    char screen[512];  /* VirtualCardChk: the second screen's page, a file */
    char card_key[64]; /* VirtualCardChk: the key where a message has none */
};

/* `file` is the ini's name; it stands in the library's folder. `output_size` holds where the file does not say
   another. False with an error that says what to mend. */
bool yq_settings_read(struct yq_settings *settings, const char *file, long output_size, struct yq_error *error);
/* The same from an ini that was read. */
bool yq_settings_take(struct yq_settings *settings, const struct yq_ini *ini, long output_size, struct yq_error *error);

#endif
