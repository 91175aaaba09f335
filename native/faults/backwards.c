/* fault.backwards: reports nonsense as progress: backwards, out of range, a stage that is not UTF-8. */
#include "faults.h"

static tp_status run(tp_context *context, void *state)
{
    static const int32_t percents[] = {50, 20, -7, 400};
    (void)state;
    for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++) {
        tp_progress(context, percents[i], i % 2 == 0 ? "\xff\xfe not UTF-8" : NULL);
    }
    return TP_OK;
}

const tp_algorithm tp_fault_backwards = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.backwards",
    .version = "1.0.0",
    .description = "Reports progress that goes backwards and out of range.",
    .expected_seconds = 0.01,
    .run = run,
};
