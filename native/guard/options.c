#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void usage(const char *problem)
{
    fprintf(stderr,
        "tp-guard: %s\nusage: tp-guard --status-fd N --request-fd N --reply-fd N [--folder PATH] [--oom-score-adj N] "
        "[--nice N] -- EXECUTABLE ARGS...\n",
        problem);
    exit(2);
}

static int parse_number(const char *text, int least, int most)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < least || number > most) {
        usage("a number is wrong");
    }
    return (int)number;
}

static int parse_fd(const char *text)
{
    int fd = parse_number(text, 3, 1 << 30);
    if (fcntl(fd, F_GETFD) < 0) {
        usage("a descriptor is not open");
    }
    return fd;
}

options options_parse(int count, char **arguments)
{
    options parsed = {.status = -1, .request = -1, .reply = -1};
    int i = 1;
    for (; i + 1 < count && strcmp(arguments[i], "--") != 0; i += 2) {
        const char *name = arguments[i];
        const char *value = arguments[i + 1];
        if (strcmp(name, "--status-fd") == 0) {
            parsed.status = parse_fd(value);
        } else if (strcmp(name, "--request-fd") == 0) {
            parsed.request = parse_fd(value);
        } else if (strcmp(name, "--reply-fd") == 0) {
            parsed.reply = parse_fd(value);
        } else if (strcmp(name, "--folder") == 0) {
            parsed.folder = value;
        } else if (strcmp(name, "--oom-score-adj") == 0) {
            parse_number(value, -1000, 1000);
            parsed.oom_score_adj = value;
        } else if (strcmp(name, "--nice") == 0) {
            parsed.nice = parse_number(value, -20, 19);
        } else {
            usage("an option is unknown");
        }
    }
    if (parsed.status < 0 || parsed.request < 0 || parsed.reply < 0) {
        usage("a descriptor is missing");
    }
    if (i + 1 >= count || strcmp(arguments[i], "--") != 0) {
        usage("the command is missing");
    }
    parsed.command = arguments + i + 1;
    return parsed;
}
