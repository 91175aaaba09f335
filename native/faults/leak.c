/* fault.leak: forgets memory with every run and succeeds. */
#include "faults.h"

#include "parameters.h"

#include <stdlib.h>
#include <string.h>

/* Kept reachable, so that the compiler cannot drop the allocation. */
static void *volatile newest;

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    int64_t megabytes = 16;
    tp_status status = tp_read_integer(context, "megabytes", 0, 1 << 20, &megabytes);
    if (status != TP_OK) {
        return status;
    }
    for (int64_t i = 0; i < megabytes; i++) {
        newest = malloc(1 << 20);
        if (newest == NULL) {
            return tp_fail(context, TP_ERROR, "no memory left to leak");
        }
        memset(newest, 1, 1 << 20);
    }
    return TP_OK;
}

const tp_algorithm tp_fault_leak = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.leak",
    .version = "1.0.0",
    .description = "Leaks megabytes (16 by default) and succeeds.",
    .expected_seconds = 0.01,
    .run = run,
};
