#include "qr.h"

#include <stdlib.h>
#include <string.h>

#include "qr_words.h"

enum { FINDER = 7, MASKS = 8, FORMAT_MASK = 0x5412, FORMAT_RULE = 0x537, VERSION_RULE = 0x1F25 };

struct drawing {
    struct yq_qr *code;
    uint8_t fixed[YQ_QR_SIDE][YQ_QR_SIDE]; /* modules of patterns, which no mask changes */
};

static void set(struct drawing *drawing, int row, int column, bool dark)
{
    int side = drawing->code->side;
    if (row < 0 || column < 0 || row >= side || column >= side)
        return;
    drawing->code->dark[row][column] = dark;
    drawing->fixed[row][column] = 1;
}

/* A finder pattern and the light line around it, by its centre. */
static void finder(struct drawing *drawing, int row, int column)
{
    for (int down = -4; down <= 4; down++)
        for (int right = -4; right <= 4; right++) {
            int ring = abs(down) > abs(right) ? abs(down) : abs(right);
            set(drawing, row + down, column + right, ring != 2 && ring != 4);
        }
}

static void alignment(struct drawing *drawing, int row, int column)
{
    for (int down = -2; down <= 2; down++)
        for (int right = -2; right <= 2; right++)
            set(drawing, row + down, column + right, abs(down) == 2 || abs(right) == 2 || (down == 0 && right == 0));
}

static void alignments(struct drawing *drawing, int version)
{
    int places[4] = {6}, count = version / 7 + 2, side = drawing->code->side;
    if (version == 1)
        return;
    int step = (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2;
    for (int at = count - 1, place = side - 7; at > 0; at--, place -= step)
        places[at] = place;
    for (int down = 0; down < count; down++)
        for (int right = 0; right < count; right++) {
            bool taken =
                (down == 0 && right == 0) || (down == 0 && right == count - 1) || (down == count - 1 && right == 0);
            if (!taken)
                alignment(drawing, places[down], places[right]);
        }
}

/* A value with the remainder of its division behind it. */
static unsigned checked(unsigned value, int width, unsigned rule)
{
    unsigned rest = value;
    for (int step = 0; step < width; step++)
        rest = rest << 1 ^ (rest >> (width - 1) & 1) * rule;
    return value << width | (rest & ((1u << width) - 1));
}

static void format(struct drawing *drawing, int mask)
{
    unsigned bits = checked((unsigned)mask, 10, FORMAT_RULE) ^ FORMAT_MASK; /* M is 00 in front of the mask */
    int side = drawing->code->side;
    for (int bit = 0; bit < 15; bit++) {
        bool dark = bits >> bit & 1;
        if (bit < 6)
            set(drawing, bit, 8, dark);
        else if (bit < 8)
            set(drawing, bit + 1, 8, dark);
        else if (bit == 8)
            set(drawing, 8, 7, dark);
        else
            set(drawing, 8, 14 - bit, dark);
        if (bit < 8)
            set(drawing, 8, side - 1 - bit, dark);
        else
            set(drawing, side - 15 + bit, 8, dark);
    }
    set(drawing, side - 8, 8, true);
}

static void version_marks(struct drawing *drawing, int version)
{
    if (version < 7)
        return;
    unsigned bits = checked((unsigned)version, 12, VERSION_RULE);
    for (int bit = 0; bit < 18; bit++) {
        int far = drawing->code->side - 11 + bit % 3, near = bit / 3;
        set(drawing, near, far, bits >> bit & 1);
        set(drawing, far, near, bits >> bit & 1);
    }
}

static void patterns(struct drawing *drawing, int version)
{
    int side = drawing->code->side;
    for (int at = 0; at < side; at++) {
        set(drawing, 6, at, at % 2 == 0);
        set(drawing, at, 6, at % 2 == 0);
    }
    finder(drawing, 3, 3);
    finder(drawing, 3, side - 4);
    finder(drawing, side - 4, 3);
    alignments(drawing, version);
    format(drawing, 0);
    version_marks(drawing, version);
}

/* The codewords from the lower right, in columns of two, up and down in turn. */
static void lay(struct drawing *drawing, const uint8_t *words, size_t count)
{
    int side = drawing->code->side;
    size_t bit = 0;
    for (int pair = side - 1; pair >= 1; pair -= 2) {
        if (pair == 6)
            pair = 5; /* the column of the timing pattern is left out */
        bool up = ((pair + 1) & 2) == 0;
        for (int step = 0; step < side; step++)
            for (int right = 0; right < 2; right++) {
                int row = up ? side - 1 - step : step, column = pair - right;
                if (drawing->fixed[row][column] || bit >= 8 * count)
                    continue;
                drawing->code->dark[row][column] = words[bit / 8] >> (7 - bit % 8) & 1;
                bit++;
            }
    }
}

static bool masked(int mask, int row, int column)
{
    int product = row * column;
    switch (mask) {
    case 0:
        return (row + column) % 2 == 0;
    case 1:
        return row % 2 == 0;
    case 2:
        return column % 3 == 0;
    case 3:
        return (row + column) % 3 == 0;
    case 4:
        return (row / 2 + column / 3) % 2 == 0;
    case 5:
        return product % 2 + product % 3 == 0;
    case 6:
        return (product % 2 + product % 3) % 2 == 0;
    default:
        return ((row + column) % 2 + product % 3) % 2 == 0;
    }
}

/* Applying a mask a second time takes it off. */
static void apply(struct drawing *drawing, int mask)
{
    int side = drawing->code->side;
    for (int row = 0; row < side; row++)
        for (int column = 0; column < side; column++)
            if (!drawing->fixed[row][column])
                drawing->code->dark[row][column] ^= masked(mask, row, column);
}

static bool at(const struct yq_qr *code, bool turned, int line, int place)
{
    return turned ? code->dark[place][line] : code->dark[line][place];
}

/* Runs of five and more, and what looks like a finder with four light modules beside it, in one line. */
static long line_penalty(const struct yq_qr *code, bool turned, int line)
{
    static const uint8_t alike[2][11] = {{1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 0}, {0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 1}};
    long penalty = 0;
    int run = 1;
    for (int place = 1; place <= code->side; place++) {
        if (place < code->side && at(code, turned, line, place) == at(code, turned, line, place - 1)) {
            run++;
            continue;
        }
        penalty += run >= 5 ? run - 2 : 0;
        run = 1;
    }
    for (int start = 0; start + 11 <= code->side; start++)
        for (int kind = 0; kind < 2; kind++) {
            int same = 0;
            while (same < 11 && at(code, turned, line, start + same) == alike[kind][same])
                same++;
            penalty += same == 11 ? 40 : 0;
        }
    return penalty;
}

static long penalty_of(const struct yq_qr *code)
{
    long penalty = 0, dark = 0, all = (long)code->side * code->side;
    for (int line = 0; line < code->side; line++)
        penalty += line_penalty(code, false, line) + line_penalty(code, true, line);
    for (int row = 0; row < code->side; row++)
        for (int column = 0; column < code->side; column++) {
            dark += code->dark[row][column];
            if (row + 1 < code->side && column + 1 < code->side) {
                int sum = code->dark[row][column] + code->dark[row][column + 1] + code->dark[row + 1][column] +
                          code->dark[row + 1][column + 1];
                penalty += sum == 0 || sum == 4 ? 3 : 0;
            }
        }
    return penalty + labs(dark * 20 - all * 10) / all * 10;
}

bool yq_qr_make(const void *text, size_t length, struct yq_qr *code)
{
    uint8_t words[YQ_QR_WORDS];
    struct drawing drawing = {.code = code};
    size_t count = 0;
    long least = 0;
    int version = yq_qr_words(text, length, words, &count);
    memset(code, 0, sizeof *code);
    if (version == 0)
        return false;
    code->side = 17 + 4 * version;
    patterns(&drawing, version);
    lay(&drawing, words, count);
    for (int mask = 0; mask < MASKS; mask++) {
        apply(&drawing, mask);
        format(&drawing, mask);
        long penalty = penalty_of(code);
        if (mask == 0 || penalty < least) {
            least = penalty;
            code->mask = mask;
        }
        apply(&drawing, mask);
    }
    apply(&drawing, code->mask);
    format(&drawing, code->mask);
    return true;
}
