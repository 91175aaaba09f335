/* fault.scratch: fills its scratch folder and does not clean up. One file over the limit of file sizes: SIGXFSZ. */
#include "faults.h"

#include "parameters.h"
#include "sleep.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static tp_status fill(tp_context *context, const char *path, int64_t megabytes)
{
    static char block[1 << 20];
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return tp_fail(context, TP_ERROR, "the scratch folder: %s", strerror(errno));
    }
    memset(block, 'x', sizeof block);
    tp_status status = TP_OK;
    for (int64_t i = 0; i < megabytes && status == TP_OK; i++) {
        if (fwrite(block, 1, sizeof block, file) != sizeof block) {
            status = tp_fail(context, TP_ERROR, "the scratch folder: %s", strerror(errno));
        } else if (tp_progress(context, 40, "writing")) {
            status = TP_STOPPED;
        }
    }
    fclose(file);
    return status;
}

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    int64_t megabytes = 64;
    int64_t files = 1;
    double hold = 0;
    tp_status status = tp_read_integer(context, "megabytes", 0, 1 << 20, &megabytes);
    if (status == TP_OK) {
        status = tp_read_integer(context, "files", 1, 1000, &files);
    }
    if (status == TP_OK) {
        status = tp_read_number(context, "hold", 0, 3600, &hold);
    }
    for (int64_t i = 0; i < files && status == TP_OK; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/fill-%" PRId64, tp_scratch(context), i);
        status = fill(context, path, megabytes);
    }
    if (status == TP_OK && tp_sleep_unless_stopped(context, (int64_t)(hold * 1000))) {
        status = TP_STOPPED;
    }
    return status == TP_OK ? tp_succeed(context, "{\"megabytes\":%" PRId64 "}", megabytes * files) : status;
}

const tp_algorithm tp_fault_scratch = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.scratch",
    .version = "1.0.0",
    .description = "Writes megabytes (64 by default) into each of files (1) in the scratch folder, holds them for hold seconds (0) and leaves them there.",
    .expected_seconds = 1,
    .run = run,
};
