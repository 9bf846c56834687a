/* A QR code (ISO/IEC 18004): bytes, error correction M, versions 1 to 14, the mask with the least penalty. Enough for
   the standard's texts (256 bytes), and drawn without a network. */
#ifndef YQ_QR_H
#define YQ_QR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { YQ_QR_VERSIONS = 14, YQ_QR_SIDE = 17 + 4 * YQ_QR_VERSIONS };

struct yq_qr {
    int side; /* modules a side, without the quiet zone */
    int mask;
    uint8_t dark[YQ_QR_SIDE][YQ_QR_SIDE]; /* by row and column */
};

/* False where the text is longer than 362 bytes less what its length takes. */
bool yq_qr_make(const void *text, size_t length, struct yq_qr *code);

#endif
