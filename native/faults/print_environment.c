/* fault.print-environment: looks for secrets: prints what native code can see of its process and of those above.
 * Lines start with env, fd or ancestor. */
#define _POSIX_C_SOURCE 200809L

#include "faults.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static int parent_of(int process)
{
    char path[64];
    char line[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", process);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return 0;
    }
    int parent = 0;
    const char *end = fgets(line, sizeof line, file) != NULL ? strrchr(line, ')') : NULL;
    if (end == NULL || sscanf(end, ") %*c %d", &parent) != 1) {
        parent = 0;
    }
    fclose(file);
    return parent;
}

/* The environments of the processes above: guard, worker and so on. */
static void print_ancestors(void)
{
    for (int process = getppid(); process > 0; process = parent_of(process)) {
        char path[64];
        static char content[65536];
        snprintf(path, sizeof path, "/proc/%d/environ", process);
        FILE *file = fopen(path, "r");
        size_t length = file != NULL ? fread(content, 1, sizeof content, file) : 0;
        printf("ancestor %d %s\n", process, length > 0 ? "is open" : "is closed");
        for (size_t i = 0; i < length; i++) {
            putchar(content[i] != '\0' ? content[i] : '\n');
        }
        if (file != NULL) {
            fclose(file);
        }
    }
}

static tp_status run(tp_context *context, void *state)
{
    (void)context;
    (void)state;
    for (char **variable = environ; *variable != NULL; variable++) {
        printf("env %s\n", *variable);
    }
    print_descriptors();
    print_ancestors();
    return TP_OK;
}

const tp_algorithm tp_fault_print_environment = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.print-environment",
    .version = "1.0.0",
    .description = "Prints the environment and the open descriptors of its process, and what it can read of those above.",
    .expected_seconds = 0.01,
    .run = run,
};
