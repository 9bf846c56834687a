/* A visit through OneTrans2 as a HIS makes it: read the card, recharge, query, refund, settle the bill, take it back.

   tour LIBRARY APP_ID APP_KEY DEVICE MERCHANT SECRET CARD_NO

   One line is printed for each step: its name, the function's value and the answer's code. The first step that does not
   succeed ends the tour, and its answer is printed as it came, in GBK. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "OneTrans2.h"
#include "library.h"
#include "message.h"

enum { VALUE = 256, DATA = 4096, ARGUMENTS = 8 };

typedef int(ONETRANS_CALL *onetrans)(char *, char *);

/* What one step leaves for the next. */
struct visit {
    onetrans function;
    struct application application;
    const char *merchant, *secret, *card_no;
    char person_no[VALUE], name[VALUE], id_no[VALUE], kind[VALUE], area[VALUE];
    char charge_no[VALUE], refund_no[VALUE], trace_no[VALUE];
    char settlement[VALUE], visit[VALUE];
};

/* Sends one request. Success is 0 from the function and 000000 in the answer. */
static int sent(const struct visit *visit, const char *step, const char *trans_type, const char *data,
                char answer[MESSAGE])
{
    static char request[MESSAGE];
    char code[VALUE];
    if (!message_write(request, &visit->application, trans_type, data))
        return 0;
    int value = visit->function(request, answer);
    message_value(answer, "code", code, sizeof code);
    printf("%s %d %s\n", step, value, code);
    fflush(stdout);
    int good = value == 0 && strcmp(code, "000000") == 0;
    if (!good)
        printf("%s\n", answer);
    return good;
}

static int read_card(struct visit *visit)
{
    char answer[MESSAGE];
    if (!sent(visit, "read", "hos.user.get", "{\"mdtrt_cert_type\":\"02\",\"business_type\":\"01101\"}", answer))
        return 0;
    message_value(answer, "psn_no", visit->person_no, VALUE);
    message_value(answer, "psn_name", visit->name, VALUE);
    message_value(answer, "certno", visit->id_no, VALUE);
    message_value(answer, "insutype", visit->kind, VALUE);
    message_value(answer, "insuplc_admdvs", visit->area, VALUE);
    return 1;
}

/* The library opens the cashier and comes back when the money is there. */
static int recharge(struct visit *visit)
{
    char answer[MESSAGE], data[DATA];
    snprintf(data, sizeof data,
             "{\"payAppId\":\"%s\",\"payAppSecret\":\"%s\",\"termNo\":\"SF01\",\"cardType\":\"03\",\"cardNo\":\"%s\","
             "\"accountType\":\"01\",\"hisCustId\":\"HZ70031\",\"userName\":\"%s\",\"amount\":\"120.01\","
             "\"outChargeNo\":\"%s\"}",
             visit->merchant, visit->secret, visit->card_no, visit->name, visit->charge_no);
    if (!sent(visit, "recharge", "hop.trade.recharge", data, answer))
        return 0;
    message_value(answer, "traceNo", visit->trace_no, VALUE);
    return 1;
}

static int query(struct visit *visit)
{
    char answer[MESSAGE], data[DATA], result[VALUE];
    snprintf(data, sizeof data,
             "{\"payAppId\":\"%s\",\"payAppSecret\":\"%s\",\"termNo\":\"SF01\",\"cardType\":\"03\",\"cardNo\":\"%s\","
             "\"accountType\":\"01\",\"tradeType\":\"hop.trade.recharge\",\"traceNo\":\"%s\"}",
             visit->merchant, visit->secret, visit->card_no, visit->trace_no);
    if (!sent(visit, "query", "hop.trade.query", data, answer))
        return 0;
    message_value(answer, "result", result, sizeof result);
    return strcmp(result, "succ") == 0;
}

static int refund(struct visit *visit)
{
    char answer[MESSAGE], data[DATA];
    snprintf(data, sizeof data,
             "{\"payAppId\":\"%s\",\"payAppSecret\":\"%s\",\"termNo\":\"SF01\",\"cardType\":\"03\",\"cardNo\":\"%s\","
             "\"accountType\":\"01\",\"hisCustId\":\"HZ70031\",\"userName\":\"%s\",\"amount\":\"120.01\","
             "\"outChargeNo\":\"%s\",\"outRefundNo\":\"%s\",\"withdrawMode\":\"1\",\"refundType\":\"direct\"}",
             visit->merchant, visit->secret, visit->card_no, visit->name, visit->charge_no, visit->refund_no);
    return sent(visit, "refund", "hop.trade.refund", data, answer);
}

static int settle(struct visit *visit)
{
    char answer[MESSAGE], data[DATA];
    snprintf(data, sizeof data,
             "{\"termNo\":\"SF01\",\"certno\":\"%s\",\"patientType\":\"01\",\"cardType\":\"03\",\"cardno\":\"%s\","
             "\"payAppId\":\"%s\",\"payAppSecret\":\"%s\",\"account_type\":\"01\",\"psn_cert_type\":\"01\","
             "\"psn_name\":\"%s\",\"mdtrtarea_admvs\":\"359800\",\"fixmedins_code\":\"%s\","
             "\"fixmedins_name\":\"\\u4e91\\u6865\\u53bf\\u4eba\\u6c11\\u533b\\u9662\",\"extra\":{\"cardno\":\"%s\"},"
             "\"psn_no\":\"%s\",\"insutype\":\"%s\",\"insuplc_admdvs\":\"%s\"}",
             visit->id_no, visit->card_no, visit->merchant, visit->secret, visit->name, visit->application.institution,
             visit->card_no, visit->person_no, visit->kind, visit->area);
    if (!sent(visit, "settle", "fsi.outpatient.charge", data, answer))
        return 0;
    message_value(answer, "setl_id", visit->settlement, VALUE);
    message_value(answer, "mdtrt_id", visit->visit, VALUE);
    return 1;
}

static int cancel(struct visit *visit)
{
    char answer[MESSAGE], data[DATA];
    snprintf(data, sizeof data,
             "{\"insuplc_admdvs\":\"%s\",\"mdtrtarea_admvs\":\"359800\",\"fixmedins_code\":\"%s\","
             "\"fixmedins_name\":\"\\u4e91\\u6865\\u53bf\\u4eba\\u6c11\\u533b\\u9662\",\"setl_id\":\"%s\","
             "\"mdtrt_id\":\"%s\",\"psn_no\":\"%s\"}",
             visit->area, visit->application.institution, visit->settlement, visit->visit, visit->person_no);
    return sent(visit, "cancel", "chs.common.outpatient.settle.cancel", data, answer);
}

int main(int count, char **arguments)
{
    static struct visit visit;
    static int (*const steps[])(struct visit *) = {read_card, recharge, query, refund, settle, cancel};
    if (count != ARGUMENTS) {
        fprintf(stderr, "usage: tour LIBRARY APP_ID APP_KEY DEVICE MERCHANT SECRET CARD_NO\n");
        return 2;
    }
    void *library = library_open(arguments[1]);
    void *found = library != NULL ? library_function(library, "OneTrans") : NULL;
    if (found == NULL) {
        fprintf(stderr, "%s has no OneTrans\n", arguments[1]);
        return 1;
    }
    memcpy(&visit.function, &found, sizeof found);
    visit.application = (struct application){arguments[2], arguments[3], "H98510001001", arguments[4]};
    visit.merchant = arguments[5];
    visit.secret = arguments[6];
    visit.card_no = arguments[7];
    /* The HIS's own numbers of the recharge and the refund: after a lost answer the same is asked for under them. */
    snprintf(visit.charge_no, VALUE, "CZ%lu", (unsigned long)time(NULL));
    snprintf(visit.refund_no, VALUE, "TK%lu", (unsigned long)time(NULL));
    for (size_t at = 0; at < sizeof steps / sizeof *steps; at++)
        if (!steps[at](&visit))
            return 1;
    printf("done\n");
    return 0;
}
