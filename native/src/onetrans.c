/* OneTrans2: the one function of the unified library (3.1.1). */
#include "../include/OneTrans2.h"

#include <stdatomic.h>

#include "answer.h"
#include "export.h"
#include "onetrans_call.h"

enum { OUTPUT_SIZE = 8192 };

static atomic_flag under_way = ATOMIC_FLAG_INIT;

YQ_EXPORT int ONETRANS_CALL OneTrans(char *pInData, char *pOutData)
{
    struct yq_settings settings;
    struct yq_error error = {YQ_OK, ""};
    if (pOutData == NULL)
        return YQ_NULL_POINTER;
    bool readable = yq_settings_read(&settings, "OneTrans2.ini", OUTPUT_SIZE, &error);
    size_t size = (size_t)settings.output_size;
    if (atomic_flag_test_and_set(&under_way)) {
        yq_fail(&error, YQ_CONCURRENT, "上一次调用还没有返回，不能并发调用；请等它返回后再调用");
        yq_answer_error(&error, pOutData, size);
        return YQ_CONCURRENT;
    }
    if (readable)
        yq_onetrans_call(&settings, pInData, pOutData, size, &error);
    else
        yq_answer_error(&error, pOutData, size);
    atomic_flag_clear(&under_way);
    return (int)error.code;
}
