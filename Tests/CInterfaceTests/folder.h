/* SPDX-License-Identifier: Apache-2.0 */
/* What lies in a folder: whether something half written was left behind. */
#ifndef FOLDER_H
#define FOLDER_H

#include "check.h"
#include <dirent.h>

/* The number of files, or -1 with a failed check. */
static inline int files_in(const char *folder)
{
    int count = 0;
    DIR *directory = opendir(folder);
    if (!CHECK(directory != NULL)) return -1;
    while (readdir(directory)) count++;
    closedir(directory);
    return count - 2; /* . and .. */
}

#endif
