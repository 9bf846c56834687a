/* slow_printer TIMES: a slip is sent to the printer while the clock runs so many times as fast. Prints whether it was
   taken. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sys/syscall.h>
#include <unistd.h>

#include "platform.h"

static long times = 1;

int clock_gettime(clockid_t which, struct timespec *now)
{
    if (syscall(SYS_clock_gettime, which, now) != 0)
        return -1;
    long ms = (now->tv_sec * 1000 + now->tv_nsec / 1000000) * times;
    now->tv_sec = ms / 1000;
    now->tv_nsec = ms % 1000 * 1000000;
    return 0;
}

int main(int count, char **arguments)
{
    static struct yq_slip slip;
    times = count > 1 ? atol(arguments[1]) : 1;
    if (!yq_qr_make("1:1", 3, &slip.code))
        return 1;
    printf("%d\n", yq_print_slip("", &slip));
    return 0;
}
