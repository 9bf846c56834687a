/* Windows has GBK as code page 936, everywhere alike. What GB18030 adds is here: its four-byte characters, which follow
   by number on each other, and the two-byte ones that the page lacks. Code page 54936 is not used: before Vista it
   takes what is wrong for right, and not every Windows has it. */
#include "gb18030_win.h"

#include <stdbool.h>
#include <windows.h>

enum { GBK = 936, BEYOND = 0x10000, LAST = 0x10FFFF, LEAD = 0x81, LEAD_BEYOND = 0x90 };

/* Runs of the basic plane that are written in four bytes: the first character, its number, how many. */
static const struct {
    uint16_t character, number, count;
} runs[] = {
    {0x0080, 0, 36},       {0x00a5, 36, 2},      {0x00a9, 38, 7},        {0x00b2, 45, 5},      {0x00b8, 50, 31},
    {0x00d8, 81, 8},       {0x00e2, 89, 6},      {0x00eb, 95, 1},        {0x00ee, 96, 4},      {0x00f4, 100, 3},
    {0x00f8, 103, 1},      {0x00fb, 104, 1},     {0x00fd, 105, 4},       {0x0102, 109, 17},    {0x0114, 126, 7},
    {0x011c, 133, 15},     {0x012c, 148, 24},    {0x0145, 172, 3},       {0x0149, 175, 4},     {0x014e, 179, 29},
    {0x016c, 208, 98},     {0x01cf, 306, 1},     {0x01d1, 307, 1},       {0x01d3, 308, 1},     {0x01d5, 309, 1},
    {0x01d7, 310, 1},      {0x01d9, 311, 1},     {0x01db, 312, 1},       {0x01dd, 313, 28},    {0x01fa, 341, 87},
    {0x0252, 428, 15},     {0x0262, 443, 101},   {0x02c8, 544, 1},       {0x02cc, 545, 13},    {0x02da, 558, 183},
    {0x03a2, 741, 1},      {0x03aa, 742, 7},     {0x03c2, 749, 1},       {0x03ca, 750, 55},    {0x0402, 805, 14},
    {0x0450, 819, 1},      {0x0452, 820, 7102},  {0x2011, 7922, 2},      {0x2017, 7924, 1},    {0x201a, 7925, 2},
    {0x201e, 7927, 7},     {0x2027, 7934, 9},    {0x2031, 7943, 1},      {0x2034, 7944, 1},    {0x2036, 7945, 5},
    {0x203c, 7950, 112},   {0x20ad, 8062, 86},   {0x2104, 8148, 1},      {0x2106, 8149, 3},    {0x210a, 8152, 12},
    {0x2117, 8164, 10},    {0x2122, 8174, 62},   {0x216c, 8236, 4},      {0x217a, 8240, 22},   {0x2194, 8262, 2},
    {0x219a, 8264, 110},   {0x2209, 8374, 6},    {0x2210, 8380, 1},      {0x2212, 8381, 3},    {0x2216, 8384, 4},
    {0x221b, 8388, 2},     {0x2221, 8390, 2},    {0x2224, 8392, 1},      {0x2226, 8393, 1},    {0x222c, 8394, 2},
    {0x222f, 8396, 5},     {0x2238, 8401, 5},    {0x223e, 8406, 10},     {0x2249, 8416, 3},    {0x224d, 8419, 5},
    {0x2253, 8424, 13},    {0x2262, 8437, 2},    {0x2268, 8439, 6},      {0x2270, 8445, 37},   {0x2296, 8482, 3},
    {0x229a, 8485, 11},    {0x22a6, 8496, 25},   {0x22c0, 8521, 82},     {0x2313, 8603, 333},  {0x246a, 8936, 10},
    {0x249c, 8946, 100},   {0x254c, 9046, 4},    {0x2574, 9050, 13},     {0x2590, 9063, 3},    {0x2596, 9066, 10},
    {0x25a2, 9076, 16},    {0x25b4, 9092, 8},    {0x25be, 9100, 8},      {0x25c8, 9108, 3},    {0x25cc, 9111, 2},
    {0x25d0, 9113, 18},    {0x25e6, 9131, 31},   {0x2607, 9162, 2},      {0x260a, 9164, 54},   {0x2641, 9218, 1},
    {0x2643, 9219, 2110},  {0x2e82, 11329, 2},   {0x2e85, 11331, 3},     {0x2e89, 11334, 2},   {0x2e8d, 11336, 10},
    {0x2e98, 11346, 15},   {0x2ea8, 11361, 2},   {0x2eab, 11363, 3},     {0x2eaf, 11366, 4},   {0x2eb4, 11370, 2},
    {0x2eb8, 11372, 3},    {0x2ebc, 11375, 14},  {0x2ecb, 11389, 293},   {0x2ffc, 11682, 4},   {0x3004, 11686, 1},
    {0x3018, 11687, 5},    {0x301f, 11692, 2},   {0x302a, 11694, 20},    {0x303f, 11714, 2},   {0x3094, 11716, 7},
    {0x309f, 11723, 2},    {0x30f7, 11725, 5},   {0x30ff, 11730, 6},     {0x312a, 11736, 246}, {0x322a, 11982, 7},
    {0x3232, 11989, 113},  {0x32a4, 12102, 234}, {0x3390, 12336, 12},    {0x339f, 12348, 2},   {0x33a2, 12350, 34},
    {0x33c5, 12384, 9},    {0x33cf, 12393, 2},   {0x33d3, 12395, 2},     {0x33d6, 12397, 113}, {0x3448, 12510, 43},
    {0x3474, 12553, 298},  {0x359f, 12851, 111}, {0x360f, 12962, 11},    {0x361b, 12973, 765}, {0x3919, 13738, 85},
    {0x396f, 13823, 96},   {0x39d1, 13919, 14},  {0x39e0, 13933, 147},   {0x3a74, 14080, 218}, {0x3b4f, 14298, 287},
    {0x3c6f, 14585, 113},  {0x3ce1, 14698, 885}, {0x4057, 15583, 264},   {0x4160, 15847, 471}, {0x4338, 16318, 116},
    {0x43ad, 16434, 4},    {0x43b2, 16438, 43},  {0x43de, 16481, 248},   {0x44d7, 16729, 373}, {0x464d, 17102, 20},
    {0x4662, 17122, 193},  {0x4724, 17315, 5},   {0x472a, 17320, 82},    {0x477d, 17402, 16},  {0x478e, 17418, 441},
    {0x4948, 17859, 50},   {0x497b, 17909, 2},   {0x497e, 17911, 4},     {0x4984, 17915, 1},   {0x4987, 17916, 20},
    {0x499c, 17936, 3},    {0x49a0, 17939, 22},  {0x49b8, 17961, 703},   {0x4c78, 18664, 39},  {0x4ca4, 18703, 111},
    {0x4d1a, 18814, 148},  {0x4daf, 18962, 81},  {0x9fa6, 19043, 14426}, {0xe76c, 33469, 1},   {0xe7c8, 33470, 1},
    {0xe7e7, 33471, 13},   {0xe815, 33484, 1},   {0xe819, 33485, 5},     {0xe81f, 33490, 7},   {0xe827, 33497, 4},
    {0xe82d, 33501, 4},    {0xe833, 33505, 8},   {0xe83c, 33513, 7},     {0xe844, 33520, 16},  {0xe856, 33536, 14},
    {0xe865, 33550, 4295}, {0xf92d, 37845, 76},  {0xf97a, 37921, 27},    {0xf996, 37948, 81},  {0xf9e8, 38029, 9},
    {0xf9f2, 38038, 26},   {0xfa10, 38064, 1},   {0xfa12, 38065, 1},     {0xfa15, 38066, 3},   {0xfa19, 38069, 6},
    {0xfa22, 38075, 1},    {0xfa25, 38076, 2},   {0xfa2a, 38078, 1030},  {0xfe32, 39108, 1},   {0xfe45, 39109, 4},
    {0xfe53, 39113, 1},    {0xfe58, 39114, 1},   {0xfe67, 39115, 1},     {0xfe6c, 39116, 149}, {0xff5f, 39265, 129},
    {0xffe6, 39394, 26},
};

static const struct {
    uint16_t code, character;
} added[] = {
    {0xa2e3, 0x20ac}, {0xa8bf, 0x01f9}, {0xa989, 0x303e}, {0xa98a, 0x2ff0}, {0xa98b, 0x2ff1}, {0xa98c, 0x2ff2},
    {0xa98d, 0x2ff3}, {0xa98e, 0x2ff4}, {0xa98f, 0x2ff5}, {0xa990, 0x2ff6}, {0xa991, 0x2ff7}, {0xa992, 0x2ff8},
    {0xa993, 0x2ff9}, {0xa994, 0x2ffa}, {0xa995, 0x2ffb}, {0xfe50, 0x2e81}, {0xfe54, 0x2e84}, {0xfe55, 0x3473},
    {0xfe56, 0x3447}, {0xfe57, 0x2e88}, {0xfe58, 0x2e8b}, {0xfe5a, 0x359e}, {0xfe5b, 0x361a}, {0xfe5c, 0x360e},
    {0xfe5d, 0x2e8c}, {0xfe5e, 0x2e97}, {0xfe5f, 0x396e}, {0xfe60, 0x3918}, {0xfe62, 0x39cf}, {0xfe63, 0x39df},
    {0xfe64, 0x3a73}, {0xfe65, 0x39d0}, {0xfe68, 0x3b4e}, {0xfe69, 0x3c6e}, {0xfe6a, 0x3ce0}, {0xfe6b, 0x2ea7},
    {0xfe6e, 0x2eaa}, {0xfe6f, 0x4056}, {0xfe70, 0x415f}, {0xfe71, 0x2eae}, {0xfe72, 0x4337}, {0xfe73, 0x2eb3},
    {0xfe74, 0x2eb6}, {0xfe75, 0x2eb7}, {0xfe77, 0x43b1}, {0xfe78, 0x43ac}, {0xfe79, 0x2ebb}, {0xfe7a, 0x43dd},
    {0xfe7b, 0x44d6}, {0xfe7c, 0x4661}, {0xfe7d, 0x464c}, {0xfe80, 0x4723}, {0xfe81, 0x4729}, {0xfe82, 0x477c},
    {0xfe83, 0x478d}, {0xfe84, 0x2eca}, {0xfe85, 0x4947}, {0xfe86, 0x497a}, {0xfe87, 0x497d}, {0xfe88, 0x4982},
    {0xfe89, 0x4983}, {0xfe8a, 0x4985}, {0xfe8b, 0x4986}, {0xfe8c, 0x499f}, {0xfe8d, 0x499b}, {0xfe8e, 0x49b7},
    {0xfe8f, 0x49b6}, {0xfe92, 0x4ca3}, {0xfe93, 0x4c9f}, {0xfe94, 0x4ca0}, {0xfe95, 0x4ca1}, {0xfe96, 0x4c77},
    {0xfe97, 0x4ca2}, {0xfe98, 0x4d13}, {0xfe99, 0x4d14}, {0xfe9a, 0x4d15}, {0xfe9b, 0x4d16}, {0xfe9c, 0x4d17},
    {0xfe9d, 0x4d18}, {0xfe9e, 0x4d19}, {0xfe9f, 0x4dae},
};

/* The number of a four-byte code, counted from its first lead; 0xFFFFFFFF where it is none. */
static uint32_t number_of(const unsigned char code[4], unsigned lead)
{
    if (code[0] < lead || code[0] > 0xFE || code[1] < 0x30 || code[1] > 0x39 || code[2] < 0x81 || code[2] > 0xFE ||
        code[3] < 0x30 || code[3] > 0x39)
        return UINT32_MAX;
    return (((code[0] - lead) * 10u + (code[1] - 0x30u)) * 126u + (code[2] - 0x81u)) * 10u + (code[3] - 0x30u);
}

static size_t numbered(uint32_t number, unsigned lead, char code[4])
{
    code[3] = (char)(0x30 + number % 10);
    code[2] = (char)(0x81 + number / 10 % 126);
    code[1] = (char)(0x30 + number / 1260 % 10);
    code[0] = (char)(lead + number / 12600);
    return 4;
}

static bool read_four(const unsigned char *code, uint32_t *character)
{
    if (code[0] >= LEAD_BEYOND) {
        uint32_t number = number_of(code, LEAD_BEYOND);
        *character = BEYOND + number;
        return number <= LAST - BEYOND;
    }
    uint32_t number = number_of(code, LEAD);
    for (size_t at = 0; at < sizeof runs / sizeof *runs; at++)
        if (number - runs[at].number < runs[at].count) {
            *character = runs[at].character + (number - runs[at].number);
            return true;
        }
    return false;
}

static bool read_two(const unsigned char *code, uint32_t *character)
{
    wchar_t unit;
    for (size_t at = 0; at < sizeof added / sizeof *added; at++)
        if (added[at].code == (code[0] << 8 | code[1])) {
            *character = added[at].character;
            return true;
        }
    if (MultiByteToWideChar(GBK, MB_ERR_INVALID_CHARS, (const char *)code, 2, &unit, 1) != 1)
        return false;
    *character = unit;
    return true;
}

size_t yq_gb18030_read(const char *bytes, size_t length, uint32_t *character)
{
    const unsigned char *code = (const unsigned char *)bytes;
    if (length == 0)
        return 0;
    if (code[0] < 0x80) {
        *character = code[0];
        return 1;
    }
    if (length < 2 || code[0] == 0x80 || code[0] == 0xFF)
        return 0;
    if (code[1] >= 0x30 && code[1] <= 0x39)
        return length >= 4 && read_four(code, character) ? 4 : 0;
    return read_two(code, character) ? 2 : 0;
}

size_t yq_gbk_write(uint32_t character, char bytes[2])
{
    wchar_t unit = (wchar_t)character;
    char told[8];
    BOOL replaced = FALSE;
    if (character < 0x80) {
        bytes[0] = (char)character;
        return 1;
    }
    if (character >= BEYOND)
        return 0;
    int size = WideCharToMultiByte(GBK, WC_NO_BEST_FIT_CHARS, &unit, 1, told, sizeof told, NULL, &replaced);
    if (size != 2 || replaced)
        return 0; /* one byte beyond ASCII is not everybody's GBK */
    for (size_t at = 0; at < sizeof added / sizeof *added; at++)
        if (added[at].code == ((unsigned char)told[0] << 8 | (unsigned char)told[1]))
            return 0; /* the page has a privately used character there */
    bytes[0] = told[0];
    bytes[1] = told[1];
    return 2;
}

size_t yq_gb18030_write(uint32_t character, char bytes[4])
{
    size_t size = yq_gbk_write(character, bytes);
    if (size > 0)
        return size;
    if (character >= BEYOND)
        return character <= LAST ? numbered(character - BEYOND, LEAD_BEYOND, bytes) : 0;
    for (size_t at = 0; at < sizeof added / sizeof *added; at++)
        if (added[at].character == character) {
            bytes[0] = (char)(added[at].code >> 8);
            bytes[1] = (char)added[at].code;
            return 2;
        }
    for (size_t at = 0; at < sizeof runs / sizeof *runs; at++)
        if (character - runs[at].character < runs[at].count)
            return numbered(runs[at].number + (character - runs[at].character), LEAD, bytes);
    return 0;
}
