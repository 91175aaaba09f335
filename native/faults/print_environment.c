/* fault.print-environment: looks for secrets: prints what native code can see of its process. Lines start with env or fd. */
#define _POSIX_C_SOURCE 200809L

#include "faults.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

static void print_descriptors(void)
{
    DIR *open_files = opendir("/proc/self/fd");
    if (open_files == NULL) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(open_files)) != NULL;) {
        char target[512];
        ssize_t length = readlinkat(dirfd(open_files), entry->d_name, target, sizeof target - 1);
        /* Without the one that this function has opened itself. */
        if (length > 0 && atoi(entry->d_name) != dirfd(open_files)) {
            target[length] = '\0';
            printf("fd %s %s\n", entry->d_name, target);
        }
    }
    closedir(open_files);
}

static tp_status run(tp_context *context, void *state)
{
    (void)context;
    (void)state;
    for (char **variable = environ; *variable != NULL; variable++) {
        printf("env %s\n", *variable);
    }
    print_descriptors();
    return TP_OK;
}

const tp_algorithm tp_fault_print_environment = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.print-environment",
    .version = "1.0.0",
    .description = "Prints the environment and the open descriptors of its process.",
    .expected_seconds = 0.01,
    .run = run,
};
