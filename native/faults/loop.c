/* fault.loop: computes for ever, reports nothing, never asks whether to stop. SIGTERM ends it. */
#include "faults.h"

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    tp_progress(context, 10, "looping");
    volatile int32_t endless = 1;
    while (endless) {
    }
    return TP_OK;
}

const tp_algorithm tp_fault_loop = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.loop",
    .version = "1.0.0",
    .description = "Computes for ever and never asks whether to stop.",
    .expected_seconds = 1,
    .run = run,
};
