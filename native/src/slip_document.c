#include "slip_document.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

/* In points: the page, the code in its left half, the lines beside it. */
enum {
    WIDTH = 227,
    HEIGHT = 170,
    CODE = 120,
    MARGIN = 12,
    LINES_AT = MARGIN + CODE + 10,
    OBJECTS = 7,
    CONTENT_BOUND = 262144
};

static void add(struct yq_buffer *out, const char *format, ...)
{
    char text[512];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    yq_buffer_text(out, text);
}

/* A line of text, in UTF-16 as the font's encoding wants it. */
static void line(const char *text, int size, int y, struct yq_buffer *out)
{
    size_t length = strlen(text), at = 0;
    add(out, "BT /F %d Tf %d %d Td <", size, LINES_AT, y);
    while (at < length) {
        uint32_t character;
        size_t bytes = yq_utf8_read(text + at, length - at, &character);
        if (bytes == 0)
            break;
        uint16_t units[2];
        size_t count = yq_utf16(character, units);
        for (size_t one = 0; one < count; one++)
            add(out, "%04X", (unsigned)units[one]);
        at += bytes;
    }
    add(out, "> Tj ET\n");
}

/* The dark modules, each row's runs as one rectangle. */
static void code(const struct yq_qr *drawn, struct yq_buffer *out)
{
    add(out, "q %.4f 0 0 %.4f %d %d cm\n", (double)CODE / drawn->side, (double)CODE / drawn->side, MARGIN,
        (HEIGHT - CODE) / 2);
    for (int row = 0; row < drawn->side; row++)
        for (int column = 0; column < drawn->side; column++) {
            int run = 0;
            while (column + run < drawn->side && drawn->dark[row][column + run])
                run++;
            if (run > 0)
                add(out, "%d %d %d 1 re\n", column, drawn->side - 1 - row, run);
            column += run;
        }
    add(out, "f Q\n");
}

/* A long card number in two lines or more. */
static void lines(const struct yq_slip *slip, struct yq_buffer *out)
{
    enum { SIZE = 9, STEP = 13, CHARACTERS = 14, MOST = 6 };
    line("电子健康卡", 12, HEIGHT - 36, out);
    line(slip->name, 11, HEIGHT - 58, out);
    const char *rest = slip->card_no;
    for (int at = 0; *rest != '\0' && at < MOST; at++) {
        char part[CHARACTERS * 4 + 1];
        size_t length = yq_utf8_first(rest, strlen(rest), CHARACTERS);
        if (length == 0)
            break;
        memcpy(part, rest, length);
        part[length] = '\0';
        line(part, SIZE, HEIGHT - 76 - at * STEP, out);
        rest += length;
    }
}

static void page(const struct yq_slip *slip, struct yq_buffer *out)
{
    struct yq_buffer content;
    yq_buffer_init(&content, CONTENT_BOUND);
    code(&slip->code, &content);
    lines(slip, &content);
    add(out, "<< /Length %zu >>\nstream\n", content.length);
    yq_buffer_add(out, yq_buffer_string(&content), content.length);
    yq_buffer_text(out, "endstream");
    out->failed = out->failed || content.failed;
    yq_buffer_wipe(&content);
}

void yq_slip_document(const struct yq_slip *slip, struct yq_buffer *out)
{
    static const char *const objects[OBJECTS] = {
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 227 170] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        NULL,
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UTF16-H /Encoding /UniGB-UTF16-H "
        "/DescendantFonts [6 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering "
        "(GB1) /Supplement 5 >> /FontDescriptor 7 0 R /DW 1000 /W [1 95 500] >>",
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 "
        "/Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
    };
    size_t places[OBJECTS];
    yq_buffer_text(out, "%PDF-1.5\n");
    for (int at = 0; at < OBJECTS; at++) {
        places[at] = out->length;
        add(out, "%d 0 obj\n", at + 1);
        if (objects[at] != NULL)
            yq_buffer_text(out, objects[at]);
        else
            page(slip, out);
        add(out, "\nendobj\n");
    }
    size_t table = out->length;
    add(out, "xref\n0 %d\n0000000000 65535 f \n", OBJECTS + 1);
    for (int at = 0; at < OBJECTS; at++)
        add(out, "%010zu 00000 n \n", places[at]);
    add(out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n", OBJECTS + 1, table);
}
