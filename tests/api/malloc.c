/* A program that links libwanmi alone keeps its own malloc, and carries no jemalloc. */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wanmi/wanmi.h"

static int wrong;

static int look(struct dl_phdr_info *info, size_t size, void *user)
{
    (void)size, (void)user;
    if (strstr(info->dlpi_name, "jemalloc") != NULL || strstr(info->dlpi_name, "wanmi_arena") != NULL) {
        printf("%s is in the process\n", info->dlpi_name);
        wrong++;
    }
    return 0;
}

int main(void)
{
    wanmi_words *words = NULL;
    if (wanmi_words_create(NULL, &words, NULL) != WANMI_OK)
        return 1;
    wanmi_words_release(words);
    dl_iterate_phdr(look, NULL);
    Dl_info at;
    if (dlsym(RTLD_DEFAULT, "mallocx") != NULL || dladdr(dlsym(RTLD_DEFAULT, "malloc"), &at) == 0 ||
        strstr(at.dli_fname, "wanmi") != NULL) {
        printf("malloc was replaced\n");
        wrong++;
    }
    printf("%d passed, %d failed\n", wrong == 0, wrong);
    return wrong != 0;
}
