/* The address of a platform. */
#ifndef YQ_ADDRESS_H
#define YQ_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/* Gives an address without a path the standard's, within `size` bytes. False with an error for what is no address. */
bool yq_address(char *url, size_t size, const char *path, struct yq_error *error);

#endif
