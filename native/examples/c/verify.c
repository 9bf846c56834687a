/* Verifies the code that a patient shows, by VirtualCardChk: verify LIBRARY APP_ID KEY CODE

   The library signs and encrypts. Two lines are printed: what the function answers, and what is in OutData, in GBK. The
   platform's address comes from VirtualCardChk.ini, since strUrl is left empty. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "VirtualCardChk.h"
#include "library.h"

enum { REQUEST = 8192, ANSWER = 2048, ARGUMENTS = 5 }; /* the standard's OutData; [limits] output_size says the same */

typedef char *(VIRTUALCARD_CALL *virtual_card_trans)(char *, char *, char *);

int main(int count, char **arguments)
{
    static char request[REQUEST], answer[ANSWER];
    char moment[15];
    if (count != ARGUMENTS) {
        fprintf(stderr, "usage: verify LIBRARY APP_ID KEY CODE\n");
        return 2;
    }
    void *library = library_open(arguments[1]);
    void *found = library != NULL ? library_function(library, "VirtualCardTrans") : NULL;
    if (found == NULL) {
        fprintf(stderr, "%s has no VirtualCardTrans\n", arguments[1]);
        return 1;
    }
    virtual_card_trans function;
    memcpy(&function, &found, sizeof function);
    time_t beijing = time(NULL) + 8 * 3600;
    strftime(moment, sizeof moment, "%Y%m%d%H%M%S", gmtime(&beijing));
    snprintf(request, sizeof request,
             "{\"app_id\":\"%s\",\"term_id\":\"10000000001\",\"key\":\"%s\",\"method\":\"ehc.ehealthcode.verify\","
             "\"version\":\"X.M.0.1\",\"timestamp\":\"%s\",\"biz_content\":{\"ehealth_code\":\"%s\","
             "\"out_verify_no\":\"YZ%s\",\"out_verify_time\":\"%s\",\"operator_id\":\"9527\","
             "\"operator_name\":\"\\u9676\\u6587\\u9759\",\"treatment_code\":\"010105\",\"ip_addr\":\"192.168.1.10\","
             "\"office_code\":\"0300\"}}",
             arguments[2], arguments[3], moment, arguments[4], moment, moment);
    char nowhere[] = "";
    printf("%s\n", function(nowhere, request, answer));
    printf("%s\n", answer);
    return 0;
}
