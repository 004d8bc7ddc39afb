/* Runs a fuzz target over kept inputs: the corpus as a test, with any compiler.
 *
 * usage: TARGET [FILE | FOLDER] ...     every file of a folder, in the order of
 *                                       their names, then each cut off after every
 *                                       eighth of its bytes
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long passed, failed;

/* In a block of its own size, so that a sanitizer sees a byte read too far. */
static void feed(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size != 0 ? size : 1);
    if (copy == NULL)
        abort();
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static uint8_t *load(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    uint8_t *bytes = NULL;
    size_t room = 0;
    *size = 0;
    do {
        room = room != 0 ? 2 * room : 4096;
        if ((bytes = realloc(bytes, room)) == NULL)
            abort();
        *size += fread(bytes + *size, 1, room - *size, file);
    } while (*size == room);
    fclose(file);
    return bytes;
}

static void replay_file(const char *path)
{
    size_t size;
    uint8_t *bytes = load(path, &size);
    if (bytes == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        failed++;
        return;
    }
    feed(bytes, size);
    for (size_t part = 0; part < 8; part++)
        feed(bytes, size * part / 8);
    free(bytes);
    passed++;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay(const char *path)
{
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode)) {
        replay_file(path);
        return;
    }
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_visible, alphasort);
    if (count <= 0) {
        fprintf(stderr, "%s: nothing in it\n", path);
        failed++;
    }
    for (int i = 0; i < count; i++) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        replay(name);
        free(entries[i]);
    }
    free(entries);
}

int main(int count, char **arguments)
{
    for (int i = 1; i < count; i++)
        replay(arguments[i]);
    printf("%lu passed, %lu failed\n", passed, failed);
    return failed != 0 || passed == 0;
}
