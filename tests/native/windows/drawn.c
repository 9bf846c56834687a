/* What a printer of 254 dots an inch (one for a tenth of a millimetre) would get of a slip: how many modules of the
   code are not what they should be, whether the quiet zone is white, and whether there are words beside it. */
#include "../../../native/src/printer_win.c"

#include <stdio.h>

enum { WIDTH = 900, HEIGHT = 500 };

static int is_dark(HDC device, int x, int y)
{
    return GetPixel(device, x, y) == RGB(0, 0, 0);
}

int main(void)
{
    static struct yq_slip slip = {.card_no = "3198010001", .name = "陶文静"};
    BITMAPINFO form = {
        {.biSize = sizeof form.bmiHeader, .biWidth = WIDTH, .biHeight = -HEIGHT, .biPlanes = 1, .biBitCount = 32},
        {{0}}};
    void *bits;
    HDC device = CreateCompatibleDC(NULL);
    HBITMAP bitmap = CreateDIBSection(device, &form, DIB_RGB_COLORS, &bits, NULL, 0);
    struct sheet sheet = {device, 254, 254};
    if (bitmap == NULL || !yq_qr_make("206CB2B57E8E905C:1:::00000001001", 32, &slip.code))
        return 1;
    SelectObject(device, bitmap);
    PatBlt(device, 0, 0, WIDTH, HEIGHT, WHITENESS);
    draw_code(&sheet, &slip.code);
    draw_words(&sheet, &slip);
    int wrong = 0, quiet = 0, words = 0;
    for (int row = 0; row < slip.code.side; row++)
        for (int column = 0; column < slip.code.side; column++)
            wrong += is_dark(device, MARGIN + (2 * column + 1) * CODE / (2 * slip.code.side),
                             MARGIN + (2 * row + 1) * CODE / (2 * slip.code.side)) != slip.code.dark[row][column];
    for (int at = 0; at < HEIGHT; at++)
        quiet += is_dark(device, MARGIN - 2, at) + is_dark(device, MARGIN + CODE + 2, at);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = TEXT_AT; x < WIDTH; x++)
            words += GetPixel(device, x, y) != RGB(255, 255, 255);
    printf("%d of %d\n%d\n%d\n", wrong, slip.code.side * slip.code.side, quiet, words > 0);
    return 0;
}
