#include "course.h"

#include <string.h>

#include "json_make.h"
#include "platform.h"

static const char recharge[] = "hop.trade.recharge", refund[] = "hop.trade.refund", query[] = "hop.trade.query",
                  charge[] = "fsi.outpatient.charge";
static const char reused_msgid[] = "600012", unknown_trade[] = "700105", awaiting_choice[] = "800100",
                  nothing_lies_there[] = "800102";
enum { FRESH_MSGIDS = 3, QUERY_BOUND = 1024 * 1024, ADDRESS = 2000 };

/* Which transactions are asked for again, under which serial of the host's. */
static const struct serial {
    const char *trans_type, *name;
} serials[] = {
    {recharge, "outChargeNo"}, {refund, "outRefundNo"},
    {charge, "mdtrt_id"},      {"chs.common.outpatient.settle.cancel", "setl_id"},
    {"hos.user.get", ""},
};

/* Failures of the platform itself, its storage's and what nobody foresaw: the trade may have been begun before them. */
static const char *const in_doubt[] = {"610009", "610010", NULL};
/* Return codes that are no success and no refusal, and states that are not final. */
static const char *const pending_codes[] = {"700100", "700103", "700200", "700300", "700307", awaiting_choice, NULL};
static const char *const open_states[] = {"init", "ing", "exp", NULL};
static const char *const state_names[] = {"result", "auth_status", NULL};
static const char *const page_names[] = {"cashierUrl", "readerUrl", NULL};
/* What a query says of the merchant and the patient, as the trade did. */
static const char *const desk_names[] = {"payAppId", "payAppSecret", "termNo", "cardType",
                                         "cardNo",   "accountType",  "idNo",   NULL};

static bool one_of(const char *const *texts, const char *text)
{
    for (; *texts != NULL; texts++)
        if (strcmp(*texts, text) == 0)
            return true;
    return false;
}

static const char *code_of(const struct yq_onetrans_reply *reply)
{
    return yq_params_get(&reply->params, "code");
}

/* `chosen`: the patient has been asked how to be read, and the choice stands until something is presented. */
static bool pending(const struct yq_onetrans_reply *reply, bool chosen)
{
    if (one_of(pending_codes, code_of(reply)) || (chosen && strcmp(code_of(reply), nothing_lies_there) == 0))
        return true;
    if (strcmp(code_of(reply), "000000") != 0)
        return false;
    for (const char *const *name = state_names; *name != NULL; name++)
        if (one_of(open_states, yq_json_text(reply->data, *name)))
            return true;
    return false;
}

/* 6xxxxx: the message was not taken, for reasons of its own. Of a trade that an earlier one began it says nothing. */
static bool turned_away(const struct yq_onetrans_reply *reply)
{
    return code_of(reply)[0] == '6';
}

/* The address of a page that the platform wants opened; "" for none. */
static const char *page_of(const struct yq_onetrans_reply *reply)
{
    const struct yq_json *extra = yq_json_member(reply->data, "extra");
    for (const char *const *name = page_names; *name != NULL; name++)
        if (yq_json_text(extra, *name)[0] != '\0')
            return yq_json_text(extra, *name);
    return "";
}

/* Asks; under a fresh msgid again where another desk has made the same one in this second. */
static enum yq_asked tried(struct yq_desk *desk, struct yq_onetrans_reply *reply, struct yq_error *error)
{
    for (int attempt = 1;; attempt++) {
        memset(reply, 0, sizeof *reply);
        if (!yq_renew(desk)) {
            yq_fail(error, YQ_UNWRITABLE, "系统没有给出随机数，请稍后用原流水号重试");
            return YQ_LOST;
        }
        enum yq_asked asked = yq_ask(desk, reply, error);
        if (asked != YQ_REPLIED || attempt == FRESH_MSGIDS || strcmp(code_of(reply), reused_msgid) != 0)
            return asked;
        yq_onetrans_reply_free(reply);
    }
}

/* What a query asks about a refund. */
static struct yq_json *refund_query(struct yq_arena *arena, const struct yq_json *asked_for)
{
    struct yq_json *data = yq_json_object(arena);
    for (const char *const *name = desk_names; *name != NULL; name++)
        if (yq_json_text(asked_for, *name)[0] != '\0')
            data = yq_json_put(arena, data, *name, yq_json_text(asked_for, *name));
    data = yq_json_put(arena, data, "outTradeNo", yq_json_text(asked_for, "outRefundNo"));
    data = yq_json_put(arena, data, "tradeType", refund);
    return yq_json_put(arena, data, "isRefund", "1");
}

/* How a refund stands by a query; where the platform does not know it, by sending it again under its number. */
static enum yq_asked refund_found(struct yq_desk *desk, struct yq_onetrans_reply *reply, struct yq_error *error)
{
    const struct yq_onetrans_request asked_for = desk->request;
    struct yq_arena arena;
    enum yq_asked asked = YQ_LOST;
    yq_arena_init(&arena, QUERY_BOUND);
    memset(reply, 0, sizeof *reply);
    desk->request.data = refund_query(&arena, asked_for.data);
    yq_params_set(&desk->request.params, "trans_type", query);
    if (desk->request.data != NULL)
        asked = tried(desk, reply, error);
    else
        yq_fail(error, YQ_NO_MEMORY, "内存不足，请稍后用原流水号重试");
    desk->request = asked_for;
    yq_arena_free(&arena);
    bool unheard = asked == YQ_REPLIED && (strcmp(code_of(reply), unknown_trade) == 0 ||
                                           strcmp(yq_json_text(reply->data, "result"), "notfound") == 0);
    if (!unheard)
        return asked;
    yq_onetrans_reply_free(reply);
    return tried(desk, reply, error);
}

/* A member of the answer's extra, put into an object of the request's data instead of what was there. */
static struct yq_json *with(struct yq_arena *arena, const struct yq_json *object, const char *name, const char *value)
{
    return yq_json_put(arena, yq_json_without(arena, object, name), name, value);
}

/* A choice of reading is asked for again with its number. */
static bool with_choice(struct yq_desk *desk, const char *number)
{
    static const char name[] = "choiceNo";
    if (number[0] != '\0' && strcmp(number, yq_json_text(desk->request.data, name)) != 0)
        desk->request.data = with(&desk->arena, desk->request.data, name, number);
    return desk->request.data != NULL;
}

/* A settlement is asked for again by its number, in extra, which needs the card's number beside it. */
static bool with_settlement(struct yq_desk *desk, const char *number)
{
    static const char name[] = "settlementNo";
    struct yq_arena *arena = &desk->arena;
    const struct yq_json *data = desk->request.data, *extra = yq_json_member(data, "extra");
    if (number[0] == '\0' || strcmp(number, yq_json_text(extra, name)) == 0)
        return true;
    struct yq_json_fault fault;
    if (extra != NULL && extra->kind == YQ_JSON_TEXT)
        extra = yq_json_read(arena, extra->text, extra->length, &fault);
    struct yq_json *own =
        extra != NULL && extra->kind == YQ_JSON_OBJECT ? yq_json_without(arena, extra, name) : yq_json_object(arena);
    if (own != NULL && yq_json_text(own, "cardno")[0] == '\0')
        own = with(arena, own, "cardno", yq_json_text(data, "cardno"));
    own = yq_json_put(arena, own, name, number);
    desk->request.data = yq_json_nest(arena, yq_json_without(arena, data, "extra"), "extra", own);
    return desk->request.data != NULL;
}

/* What the next question has to say of the last answer. False where there is no memory for it. */
static bool carried_on(struct yq_desk *desk, const struct yq_onetrans_reply *reply)
{
    const struct yq_json *extra = yq_json_member(reply->data, "extra");
    const struct yq_onetrans_request before = desk->request;
    bool is_charge = strcmp(yq_params_get(&before.params, "trans_type"), charge) == 0;
    bool good = with_choice(desk, yq_json_text(extra, "choiceNo")) &&
                (!is_charge || with_settlement(desk, yq_json_text(extra, "settlementNo")));
    if (!good)
        desk->request = before;
    return good;
}

/* Nothing but a web address is ever handed to the system. */
static void open_page(const struct yq_desk *desk, const char *page)
{
    bool address = strncmp(page, "http://", 7) == 0 || strncmp(page, "https://", 8) == 0;
    if (address && strlen(page) < ADDRESS && strcmp(desk->settings->browser, "none") != 0)
        yq_open_page(desk->settings->browser, page);
}

/* Where a reply is still wanted after the time is over, the last one that came stands. */
static enum yq_asked waited(struct yq_desk *desk, struct yq_onetrans_reply *reply, struct yq_error *error,
                            enum yq_asked asked)
{
    const struct yq_settings *settings = desk->settings;
    bool is_refund = strcmp(yq_params_get(&desk->request.params, "trans_type"), refund) == 0, opened = false;
    int64_t began = yq_ticks_ms(), allowed = settings->confirm_s * 1000LL;
    while (asked != YQ_REPLIED || pending(reply, opened)) {
        if (asked == YQ_REPLIED && !opened && page_of(reply)[0] != '\0') {
            opened = true;
            allowed = settings->wait_s * 1000LL;
            if (allowed > 0)
                open_page(desk, page_of(reply));
        }
        int64_t left = allowed - (yq_ticks_ms() - began);
        if (left <= 0)
            return asked;
        yq_pause((long)(left < settings->poll_ms ? left : settings->poll_ms));
        struct yq_onetrans_reply next;
        struct yq_error why = *error;
        if (asked == YQ_REPLIED && !carried_on(desk, reply))
            return asked;
        enum yq_asked again = is_refund ? refund_found(desk, &next, &why) : tried(desk, &next, &why);
        if (again == YQ_REPLIED && turned_away(&next)) {
            yq_onetrans_reply_free(&next); /* what was known before stands */
            continue;
        }
        if (again == YQ_REPLIED || asked != YQ_REPLIED) {
            yq_onetrans_reply_free(reply);
            *reply = next;
            *error = why;
            asked = again == YQ_UNSENT ? YQ_LOST : again; /* what was sent before may have arrived */
        } else {
            yq_onetrans_reply_free(&next);
        }
    }
    return asked;
}

/* What is to be done where no answer came: never to begin anew under another number. */
static void untold(const struct yq_desk *desk, const char *name, struct yq_error *error)
{
    const char *number = yq_json_text(desk->request.data, name);
    if (number[0] != '\0')
        yq_fail(error, YQ_UNANSWERED, "平台没有给出可信的结果，可能已受理；请用原流水号 %s=%.64s 查询或重试，不要换号",
                name, number);
    else if (name[0] != '\0')
        yq_fail(error, YQ_UNANSWERED, "平台没有给出可信的结果，可能已受理；请用原参数再次调用询问，不要重新收费");
}

enum yq_asked yq_follow(struct yq_desk *desk, struct yq_onetrans_reply *reply, struct yq_error *error)
{
    const char *trans_type = yq_params_get(&desk->request.params, "trans_type");
    const struct serial *serial = NULL;
    for (size_t at = 0; at < sizeof serials / sizeof *serials && serial == NULL; at++)
        if (strcmp(serials[at].trans_type, trans_type) == 0)
            serial = serials + at;
    enum yq_asked asked = yq_ask(desk, reply, error);
    if (asked == YQ_REPLIED && serial != NULL && serial->name[0] != '\0' && one_of(in_doubt, code_of(reply))) {
        yq_onetrans_reply_free(reply);
        memset(reply, 0, sizeof *reply);
        asked = YQ_LOST;
    }
    bool final = serial == NULL || asked == YQ_UNSENT || (asked == YQ_LOST && serial->name[0] == '\0') ||
                 (asked == YQ_REPLIED && !pending(reply, false));
    if (!final)
        asked = waited(desk, reply, error, asked);
    if (asked == YQ_LOST && serial != NULL)
        untold(desk, serial->name, error);
    return asked;
}
