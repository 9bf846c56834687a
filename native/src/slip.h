/* The slip with a static code that EhealthID_Print prints: the code, and whose it is in words. */
#ifndef YQ_SLIP_H
#define YQ_SLIP_H

#include "qr.h"

enum { YQ_SLIP_TEXT = 1024 };

struct yq_slip {
    struct yq_qr code;
    char card_no[YQ_SLIP_TEXT]; /* UTF-8 */
    char name[YQ_SLIP_TEXT];
};

#endif
