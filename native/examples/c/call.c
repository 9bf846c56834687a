/* Hands requests to OneTrans2 and prints what it answers: call LIBRARY FILE...

   Each file holds one request, JSON in GBK. Two lines are printed for each: the function's value, and the answer, in
   GBK as it comes. The library's own OneTrans2.ini lies beside the library. */
#include <stdio.h>
#include <stdlib.h>

#include "OneTrans2.h"
#include "library.h"

enum { BUFFER = 8192 }; /* [limits] input_size and output_size */

typedef int(ONETRANS_CALL *onetrans)(char *, char *);

static int read_request(const char *path, char request[BUFFER])
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    size_t length = fread(request, 1, BUFFER - 1, file);
    request[length] = '\0';
    fclose(file);
    return 1;
}

int main(int count, char **arguments)
{
    static char request[BUFFER], answer[BUFFER];
    if (count < 3) {
        fprintf(stderr, "usage: call LIBRARY FILE...\n");
        return 2;
    }
    void *library = library_open(arguments[1]);
    void *found = library != NULL ? library_function(library, "OneTrans") : NULL;
    if (found == NULL) {
        fprintf(stderr, "%s has no OneTrans\n", arguments[1]);
        return 1;
    }
    onetrans function;
    memcpy(&function, &found, sizeof function);
    for (int at = 2; at < count; at++) {
        if (!read_request(arguments[at], request)) {
            fprintf(stderr, "cannot read %s\n", arguments[at]);
            return 1;
        }
        int value = function(request, answer);
        printf("%d\n%s\n", value, answer);
        fflush(stdout);
    }
    return 0;
}
