/* Where files lie that an ini names. */
#ifndef YQ_PLACE_H
#define YQ_PLACE_H

#include <stdbool.h>
#include <stddef.h>

/* The path of a file: a name that is no whole path lies beside the library. False where that is not known or too long.
 */
bool yq_beside_library(const char *name, char *path, size_t size);

#endif
