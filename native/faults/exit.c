/* fault.exit: ends the process under its feet. Code 139 looks like a segmentation fault to some. */
#include "faults.h"

#include "parameters.h"

#include <stdlib.h>

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    int64_t code = 3;
    tp_status status = tp_read_integer(context, "code", 0, 255, &code);
    if (status != TP_OK) {
        return status;
    }
    tp_announce(context, "fault.exit: calling exit");
    exit((int)code);
}

const tp_algorithm tp_fault_exit = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.exit",
    .version = "1.0.0",
    .description = "Ends the process with exit(code), 3 by default.",
    .expected_seconds = 0.01,
    .run = run,
};
