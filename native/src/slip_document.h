/* A slip as a document of one page (PDF, 80 × 60 mm), which every Unix printing system takes. The letters are those of
   the printing system: the document names the Chinese font that all of them know to replace. */
#ifndef YQ_SLIP_DOCUMENT_H
#define YQ_SLIP_DOCUMENT_H

#include "buffer.h"
#include "slip.h"

void yq_slip_document(const struct yq_slip *slip, struct yq_buffer *out);

#endif
