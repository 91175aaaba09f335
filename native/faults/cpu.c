/* fault.cpu: uses more processor time than its limit allows (SIGXCPU). It does hear the request to stop. fault.cpu-declared has a
 * limit of its own. */
#define _POSIX_C_SOURCE 200809L

#include "faults.h"

#include "parameters.h"

#include <time.h>

static double used(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    double seconds = 3600;
    tp_status status = tp_read_number(context, "seconds", 0, 86400, &seconds);
    double start = used();
    for (double spent = 0; status == TP_OK && spent < seconds; spent = used() - start) {
        if (tp_progress(context, (int32_t)(spent * 100 / seconds), "burning")) {
            status = TP_STOPPED;
        }
    }
    return status;
}

const tp_algorithm tp_fault_cpu = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.cpu",
    .version = "1.0.0",
    .description = "Uses processor time for seconds (an hour by default), or until it is stopped.",
    .expected_seconds = 1,
    .run = run,
};

const tp_algorithm tp_fault_cpu_declared = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.cpu-declared",
    .version = "1.0.0",
    .description = "Does what fault.cpu does and declares that it needs no more than a second.",
    .expected_seconds = 1,
    .cpu_limit_seconds = 1,
    .run = run,
};
