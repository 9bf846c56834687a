#include "moment.h"

#include <stdio.h>

static const int64_t beijing_ms = 8 * 3600 * 1000, day_ms = 24 * 3600 * 1000;

void yq_moment(int64_t ms, char text[18])
{
    int64_t local = ms > 0 ? ms + beijing_ms : beijing_ms;
    unsigned in_day = (unsigned)(local % day_ms);
    /* The civil date of a day's number, with years that begin in March: the leap day is then the last of its year. */
    int64_t day = local / day_ms + 719468;
    int64_t era = day / 146097;
    unsigned of_era = (unsigned)(day - era * 146097);
    unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned march = (5 * of_year + 2) / 153;
    unsigned of_month = of_year - (153 * march + 2) / 5 + 1;
    unsigned month = march < 10 ? march + 3 : march - 9;
    unsigned year = (unsigned)(era * 400) + year_of_era + (month <= 2 ? 1 : 0);
    char whole[64];
    snprintf(whole, sizeof whole, "%04u%02u%02u%02u%02u%02u%03u", year % 10000, month, of_month, in_day / 3600000,
             in_day / 60000 % 60, in_day / 1000 % 60, in_day % 1000);
    snprintf(text, 18, "%.17s", whole);
}
