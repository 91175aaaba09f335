/* fault.no-start: cannot be opened: its model is missing. */
#include "faults.h"

#include <stdio.h>

static tp_status refuse_to_open(void **state, char *error, uint32_t error_size)
{
    (void)state;
    snprintf(error, error_size, "the model is missing");
    return TP_ERROR;
}

static tp_status run(tp_context *context, void *state)
{
    (void)context;
    (void)state;
    return TP_OK;
}

const tp_algorithm tp_fault_no_start = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.no-start",
    .version = "1.0.0",
    .description = "Fails to open.",
    .expected_seconds = 0.01,
    .run = run,
    .open = refuse_to_open,
};
