/* VirtualCardChk: the three functions of the electronic health card's library. */
#include "../include/VirtualCardChk.h"

#include <string.h>

#include "export.h"
#include "virtualcard_call.h"

enum { OUTPUT_SIZE = 2048 };

static const char ini[] = "VirtualCardChk.ini";
static _Thread_local char last_code[YQ_CARD_CODE];

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
    }
    return last_code;
}
