#include "place.h"

#include <stdio.h>
#include <string.h>

#include "platform.h"

bool yq_beside_library(const char *name, char *path, size_t size)
{
    bool whole = name[0] == '/' || name[0] == '\\' || (name[0] != '\0' && name[1] == ':');
    if (name[0] == '\0' || (!whole && !yq_library_folder(path, size)))
        return false;
    size_t length = whole ? 0 : strlen(path);
    if (length + strlen(name) >= size)
        return false;
    memcpy(path + length, name, strlen(name) + 1);
    return true;
}
