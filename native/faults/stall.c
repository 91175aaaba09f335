/* fault.stall: waits for something that does not come, without a sign of life. SIGTERM ends it. */
#include "faults.h"

#include "parameters.h"
#include "sleep.h"

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    double seconds = 86400;
    tp_status status = tp_read_number(context, "seconds", 0, 86400, &seconds);
    if (status == TP_OK) {
        tp_sleep((int64_t)(seconds * 1000));
    }
    return status;
}

const tp_algorithm tp_fault_stall = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.stall",
    .version = "1.0.0",
    .description = "Sleeps for seconds (a day by default) without progress and without asking whether to stop.",
    .expected_seconds = 0.1,
    .cost_parameter = "seconds",
    .run = run,
};
