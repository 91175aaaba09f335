/* fault.deaf: seems healthy, reports progress every 10 ms, but hears neither the request to stop nor SIGTERM. */
#define _POSIX_C_SOURCE 200809L

#include "faults.h"

#include "sleep.h"

#include <signal.h>

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    /* Ignored rather than blocked in this thread only: another thread of the host would take the signal. */
    signal(SIGTERM, SIG_IGN);
    volatile int32_t endless = 1;
    for (int32_t turn = 0; endless; turn = (turn + 1) % 100) {
        tp_progress(context, turn, "not listening");
        tp_sleep(10);
    }
    return TP_OK;
}

const tp_algorithm tp_fault_deaf = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.deaf",
    .version = "1.0.0",
    .description = "Reports progress for ever, ignores the request to stop and SIGTERM.",
    .expected_seconds = 1,
    .run = run,
};
