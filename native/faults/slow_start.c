/* fault.slow-start: loads something large in open, as a model would be. */
#include "faults.h"

#include "sleep.h"

static int opened;

static tp_status open_slowly(void **state, char *error, uint32_t error_size)
{
    (void)error;
    (void)error_size;
    tp_sleep(2000);
    *state = &opened;
    return TP_OK;
}

static tp_status run(tp_context *context, void *state)
{
    tp_progress(context, 100, "done");
    return state == &opened ? TP_OK : TP_ERROR;
}

const tp_algorithm tp_fault_slow_start = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.slow-start",
    .version = "1.0.0",
    .description = "Takes two seconds to open.",
    .expected_seconds = 2,
    .run = run,
    .open = open_slowly,
};
