/* fault.error: fails in good order. */
#include "faults.h"

#include "parameters.h"

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    int32_t retryable = 0;
    tp_status status = tp_read_boolean(context, "retryable", &retryable);
    if (status != TP_OK) {
        return status;
    }
    const char *message = "it was asked to fail";
    uint32_t length;
    tp_parameter(context, "message", &message, &length);
    tp_progress(context, 40, "failing");
    tp_message(context, message);
    return retryable ? TP_RETRYABLE_ERROR : TP_ERROR;
}

const tp_algorithm tp_fault_error = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.error",
    .version = "1.0.0",
    .description = "Fails with message, as retryable or not.",
    .expected_seconds = 0.01,
    .run = run,
};
