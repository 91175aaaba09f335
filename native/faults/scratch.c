/* fault.scratch: fills its scratch folder and does not clean up. Over the limit of file sizes: SIGXFSZ. */
#include "faults.h"

#include "parameters.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    int64_t megabytes = 64;
    tp_status status = tp_read_integer(context, "megabytes", 0, 1 << 20, &megabytes);
    if (status != TP_OK) {
        return status;
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/fill", tp_scratch(context));
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return tp_fail(context, TP_ERROR, "the scratch folder: %s", strerror(errno));
    }
    static char block[1 << 20];
    memset(block, 'x', sizeof block);
    for (int64_t i = 0; i < megabytes && status == TP_OK; i++) {
        if (fwrite(block, 1, sizeof block, file) != sizeof block) {
            status = tp_fail(context, TP_ERROR, "the scratch folder: %s", strerror(errno));
        } else if (tp_progress(context, (int32_t)(i * 100 / megabytes), "writing")) {
            status = TP_STOPPED;
        }
    }
    fclose(file);
    return status == TP_OK ? tp_succeed(context, "{\"megabytes\":%" PRId64 "}", megabytes) : status;
}

const tp_algorithm tp_fault_scratch = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.scratch",
    .version = "1.0.0",
    .description = "Writes megabytes (64 by default) into the scratch folder and leaves them there.",
    .expected_seconds = 1,
    .run = run,
};
