/* fault.files: opens files until the limit on descriptors says no, closes all but those that it is to keep, and counts that a
 * success or, with fail, an error. */
#define _POSIX_C_SOURCE 200809L

#include "faults.h"

#include "parameters.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { most_files = 1 << 16 };

static tp_status run(tp_context *context, void *state)
{
    static int files[most_files];
    (void)state;
    int32_t fail = 0;
    int64_t keep = 0;
    tp_status status = tp_read_boolean(context, "fail", &fail);
    if (status == TP_OK) {
        status = tp_read_integer(context, "keep", 0, most_files, &keep);
    }
    if (status != TP_OK) {
        return status;
    }
    tp_progress(context, 40, "opening files");
    int opened = 0;
    while (opened < most_files && (files[opened] = open("/dev/null", O_RDONLY)) >= 0) {
        opened++;
    }
    int problem = errno;
    for (int i = (int)keep; i < opened; i++) {
        close(files[i]);
    }
    return fail ? tp_fail(context, TP_ERROR, "file %d: %s", opened + 1, strerror(problem))
                : tp_succeed(context, "{\"opened\":%d}", opened);
}

const tp_algorithm tp_fault_files = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.files",
    .version = "1.0.0",
    .description = "Opens files until no more can be opened, closes all but keep (0 by default) and succeeds with their number, or fails if it is to.",
    .expected_seconds = 0.01,
    .run = run,
};
