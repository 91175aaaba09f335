/* fault.segfault: writes through a null pointer (SIGSEGV). */
#include "faults.h"

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    tp_announce(context, "fault.segfault: writing through a null pointer");
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
    return TP_OK;
}

const tp_algorithm tp_fault_segfault = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.segfault",
    .version = "1.0.0",
    .description = "Writes through a null pointer.",
    .expected_seconds = 0.01,
    .run = run,
};
