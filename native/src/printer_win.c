/* A slip on a printer of Windows: 80 mm across, the code on the left, whose it is in words beside it. */
#include <stdint.h>
#include <string.h>
#include <windows.h>

#include <winspool.h> /* builds on windows.h */

#include "platform.h"
#include "utf8.h"
#include "wide_win.h"

/* In tenths of millimetres. */
enum { MARGIN = 40, CODE = 400, TEXT_AT = MARGIN + CODE + 30, TITLE = 42, NAME = 38, NUMBER = 32, GAP = 14 };
enum { LONGEST = 300, CHARACTERS = 14, LINES = 6 };

struct sheet {
    HDC device;
    int across, down; /* dots in an inch */
};

static int x_of(const struct sheet *sheet, int tenths)
{
    return MulDiv(tenths, sheet->across, 254);
}

static int y_of(const struct sheet *sheet, int tenths)
{
    return MulDiv(tenths, sheet->down, 254);
}

/* The dark modules, each row's runs as one rectangle; edges are where the next module's begin, so that no gaps come. */
static void draw_code(const struct sheet *sheet, const struct yq_qr *code)
{
    HBRUSH black = GetStockObject(BLACK_BRUSH);
    for (int row = 0; row < code->side; row++)
        for (int column = 0; column < code->side; column++) {
            int run = 0;
            while (column + run < code->side && code->dark[row][column + run])
                run++;
            RECT part = {x_of(sheet, MARGIN + column * CODE / code->side),
                         y_of(sheet, MARGIN + row * CODE / code->side),
                         x_of(sheet, MARGIN + (column + run) * CODE / code->side),
                         y_of(sheet, MARGIN + (row + 1) * CODE / code->side)};
            if (run > 0)
                FillRect(sheet->device, &part, black);
            column += run;
        }
}

/* One line at a height; the height below it is the answer. */
static int draw_line(const struct sheet *sheet, const char *text, int size, int top)
{
    wchar_t wide[YQ_SLIP_TEXT];
    HFONT font = CreateFontW(-y_of(sheet, size), 0, 0, 0, FW_NORMAL, FALSE, FALSE, FALSE, GB2312_CHARSET,
                             OUT_DEFAULT_PRECIS, CLIP_DEFAULT_PRECIS, DEFAULT_QUALITY, DEFAULT_PITCH, L"SimSun");
    if (font == NULL || !yq_wide(text, wide, YQ_SLIP_TEXT))
        return top;
    HGDIOBJ before = SelectObject(sheet->device, font);
    TextOutW(sheet->device, x_of(sheet, TEXT_AT), y_of(sheet, top), wide, (int)wcslen(wide));
    SelectObject(sheet->device, before);
    DeleteObject(font);
    return top + size + GAP;
}

/* A long card number in several lines. */
static void draw_words(const struct sheet *sheet, const struct yq_slip *slip)
{
    int top = draw_line(sheet, "电子健康卡", TITLE, MARGIN);
    top = draw_line(sheet, slip->name, NAME, top);
    const char *rest = slip->card_no;
    for (int at = 0; *rest != '\0' && at < LINES; at++) {
        char part[CHARACTERS * 4 + 1];
        size_t length = yq_utf8_first(rest, strlen(rest), CHARACTERS);
        memcpy(part, rest, length);
        part[length] = '\0';
        top = draw_line(sheet, part, NUMBER, top);
        rest += length;
    }
}

static bool printed(HDC device, const struct yq_slip *slip)
{
    DOCINFOW document = {.cbSize = sizeof document, .lpszDocName = L"电子健康卡"};
    struct sheet sheet = {device, GetDeviceCaps(device, LOGPIXELSX), GetDeviceCaps(device, LOGPIXELSY)};
    if (StartDocW(device, &document) <= 0)
        return false;
    if (StartPage(device) <= 0) {
        AbortDoc(device);
        return false;
    }
    draw_code(&sheet, &slip->code);
    draw_words(&sheet, slip);
    return EndPage(device) > 0 && EndDoc(device) > 0;
}

bool yq_print_slip(const char *printer, const struct yq_slip *slip)
{
    wchar_t name[LONGEST];
    DWORD size = LONGEST;
    bool named = printer[0] != '\0' ? yq_wide(printer, name, LONGEST) : GetDefaultPrinterW(name, &size) != 0;
    HDC device = named ? CreateDCW(L"WINSPOOL", name, NULL, NULL) : NULL;
    bool good = device != NULL && printed(device, slip);
    if (device != NULL)
        DeleteDC(device);
    return good;
}
