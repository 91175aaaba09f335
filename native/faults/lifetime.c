/* fault.lifetime: shows how often open and close are called: they and each run add a line to the file that the task names. */
#include "faults.h"

#include "parameters.h"

#include <stdio.h>

static char file_name[4096];
static int opened;

static void note(const char *what)
{
    FILE *file = fopen(file_name, "a");
    if (file != NULL) {
        fprintf(file, "%s\n", what);
        fclose(file);
    }
}

static tp_status open_once(void **state, char *error, uint32_t error_size)
{
    (void)error;
    (void)error_size;
    opened++;
    *state = &opened;
    return TP_OK;
}

static tp_status run(tp_context *context, void *state)
{
    const char *text;
    uint32_t length;
    if (!tp_parameter(context, "file", &text, &length) || length >= sizeof file_name) {
        return tp_refuse(context, "file", "must be the name of a file");
    }
    snprintf(file_name, sizeof file_name, "%s", text);
    char line[32];
    snprintf(line, sizeof line, "run, opened %d", *(int *)state);
    note(line);
    return TP_OK;
}

static void close_once(void *state)
{
    (void)state;
    note("close");
}

const tp_algorithm tp_fault_lifetime = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.lifetime",
    .version = "1.0.0",
    .description = "Notes in file when it is opened, run and closed.",
    .expected_seconds = 0.01,
    .run = run,
    .open = open_once,
    .close = close_once,
};
