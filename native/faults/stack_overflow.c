/* fault.stack-overflow: recurses until the stack is used up (SIGSEGV). */
#include "faults.h"

#include <limits.h>

static volatile int deepest = INT_MAX;

static int descend(int depth)
{
    volatile char frame[4096];
    frame[0] = (char)depth;
    return depth < deepest ? descend(depth + 1) + frame[0] : 0;
}

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    tp_announce(context, "fault.stack-overflow: recursing without end");
    return descend(0) == 0 ? TP_OK : TP_ERROR;
}

const tp_algorithm tp_fault_stack_overflow = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.stack-overflow",
    .version = "1.0.0",
    .description = "Recurses without end.",
    .expected_seconds = 0.01,
    .run = run,
};
