/* fault.fpe: divides by zero (SIGFPE). */
#define _POSIX_C_SOURCE 200809L

#include "faults.h"

#include <signal.h>

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    tp_announce(context, "fault.fpe: dividing by zero");
    volatile int zero = 0;
    volatile int quotient = 1 / zero;
    (void)quotient;
    /* Some processors, ARM among them, do not trap on a division. */
    raise(SIGFPE);
    return TP_OK;
}

const tp_algorithm tp_fault_fpe = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.fpe",
    .version = "1.0.0",
    .description = "Divides by zero.",
    .expected_seconds = 0.01,
    .run = run,
};
