/* VirtualCardChk: the three functions of the electronic health card's library. */
#include "../include/VirtualCardChk.h"

#include <stdatomic.h>
#include <string.h>

#include "export.h"
#include "host.h"
#include "platform.h"
#include "screen.h"
#include "virtualcard_call.h"

enum { OUTPUT_SIZE = 2048, PRINTED = 256 };

static const char ini[] = "VirtualCardChk.ini";
static _Thread_local char last_code[YQ_CARD_CODE];

/* What the second screen shows: the last link of ehc.ehealthcard.authurl. The lock is the page's as well: two threads
   that switch it at once write it one after the other. While it is held nothing may serve the host's windows, which
   could call again in the same thread. */
static atomic_flag screen_lock = ATOMIC_FLAG_INIT;
static char last_authorisation[YQ_CARD_CODE_TEXT];
static bool screen_is_open;

static void lock_screen(void)
{
    while (atomic_flag_test_and_set(&screen_lock))
        yq_sleep(1);
}

/* What could not be kept takes away what was: the screen never shows a former patient's code for it. */
static void keep_authorisation(const char *link)
{
    lock_screen();
    memcpy(last_authorisation, link, sizeof last_authorisation);
    atomic_flag_clear(&screen_lock);
}

YQ_EXPORT char *VIRTUALCARD_CALL VirtualCardTrans(char *strUrl, char *InData, char *OutData)
{
    struct yq_settings settings;
    struct yq_error error;
    struct yq_card_outcome outcome;
    if (OutData == NULL) {
        char nowhere[1];
        yq_fail(&error, YQ_NULL_POINTER, "OutData 是空指针");
        yq_virtualcard_fault(&error, false, nowhere, 0, last_code);
    } else if (!yq_settings_read(&settings, ini, OUTPUT_SIZE, &error)) {
        yq_virtualcard_fault(&error, settings.utf8, OutData, (size_t)settings.output_size, last_code);
    } else {
        yq_virtualcard_call(&settings, strUrl, InData, OutData, (size_t)settings.output_size, &outcome);
        memcpy(last_code, outcome.code, sizeof last_code);
        if (outcome.authorises)
            keep_authorisation(outcome.authorisation);
    }
    return last_code;
}

YQ_EXPORT int Set_QRflow_Mode(int mode)
{
    struct yq_settings settings;
    struct yq_error error = {YQ_OK, ""};
    char address[YQ_SCREEN_ADDRESS];
    if (mode != 0 && mode != 1)
        return YQ_PARAMETERS;
    if (!yq_settings_read(&settings, ini, OUTPUT_SIZE, &error))
        return (int)error.code;
    lock_screen();
    bool shown = mode == 1 && last_authorisation[0] != '\0';
    bool good = yq_screen(&settings, shown ? last_authorisation : NULL, address, &error);
    bool first = good && mode == 1 && !screen_is_open;
    screen_is_open = screen_is_open || first;
    atomic_flag_clear(&screen_lock);
    if (first && strcmp(settings.browser, "none") != 0)
        yq_open_page(settings.browser, address);
    return (int)error.code;
}

/* A text of the host's into a slip; an empty one is let pass where `may_be_empty`. */
static bool taken(const char *text, const char *argument, bool may_be_empty, bool utf8, char kept[YQ_SLIP_TEXT],
                  struct yq_error *error)
{
    struct yq_buffer read;
    size_t length = 0;
    kept[0] = '\0';
    if (may_be_empty && (text == NULL || text[0] == '\0'))
        return true;
    if (!yq_host_length(text, PRINTED + 1, argument, &length, error))
        return false;
    yq_buffer_init(&read, YQ_SLIP_TEXT - 1);
    bool good = yq_host_text(text, length, utf8, &read, error);
    if (good)
        memcpy(kept, yq_buffer_string(&read), read.length + 1);
    yq_buffer_wipe(&read);
    return good;
}

YQ_EXPORT int VIRTUALCARD_CALL EhealthID_Print(char *ehealthid, char *cardNo, char *name)
{
    struct yq_settings settings;
    struct yq_error error = {YQ_OK, ""};
    struct yq_slip slip;
    char code[YQ_SLIP_TEXT];
    bool good = yq_settings_read(&settings, ini, OUTPUT_SIZE, &error) &&
                taken(ehealthid, "ehealthid", false, settings.utf8, code, &error) &&
                taken(cardNo, "cardNo", true, settings.utf8, slip.card_no, &error) &&
                taken(name, "name", true, settings.utf8, slip.name, &error);
    if (good && !yq_qr_make(code, strlen(code), &slip.code))
        good = yq_fail(&error, YQ_TOO_LONG, "ehealthid 过长，无法画成二维码");
    if (good && !yq_print_slip(settings.printer, &slip))
        yq_fail(&error, YQ_PRINTER, "无法打印，请检查配置 [printer] name 与打印机");
    return (int)error.code;
}
