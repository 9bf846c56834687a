/* A browser for the tests: opened FILE ADDRESS adds the address to the file. */
#include <stdio.h>

int main(int count, char **arguments)
{
    FILE *file = count == 3 ? fopen(arguments[1], "ab") : NULL;
    if (file == NULL)
        return 1;
    fprintf(file, "%s\n", arguments[2]);
    return fclose(file);
}
