#define _GNU_SOURCE

#include "folder.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Folders that may not be read or changed are opened for the next pass, level by level. */
enum { most_open_folders = 16, most_passes = 16 };

static int remove_entry(const char *path, const struct stat *entry, int kind, struct FTW *position)
{
    (void)entry;
    (void)position;
    if (remove(path) != 0 && (kind == FTW_DP || kind == FTW_DNR)) {
        chmod(path, S_IRWXU);
    }
    return 0;
}

void folder_remove(const char *path)
{
    for (int pass = 0; path != NULL && pass < most_passes && access(path, F_OK) == 0; pass++) {
        nftw(path, remove_entry, most_open_folders, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    }
}
