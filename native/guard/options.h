/* The command line of the guard; guard.c describes it. */
#ifndef TASKPIPELINE_GUARD_OPTIONS_H
#define TASKPIPELINE_GUARD_OPTIONS_H

typedef struct options {
    int status; /* descriptors, as they were inherited */
    int request;
    int reply;
    const char *folder;        /* or NULL */
    const char *oom_score_adj; /* or NULL */
    int nice;
    char **command; /* ended by NULL */
} options;

/* Ends the process with code 2 and a line on stderr when the command line is wrong. */
options options_parse(int count, char **arguments);

#endif
