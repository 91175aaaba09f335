/* fault.abort: gives up by itself (SIGABRT), as a failed assertion does. */
#include "faults.h"

#include <stdlib.h>

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    tp_announce(context, "fault.abort: calling abort");
    abort();
}

const tp_algorithm tp_fault_abort = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.abort",
    .version = "1.0.0",
    .description = "Calls abort().",
    .expected_seconds = 0.01,
    .run = run,
};
