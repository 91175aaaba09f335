/* fault.exclusive: bears no company: at most one at a time in a worker. Tells when it ran, so that overlaps can be seen. */
#define _POSIX_C_SOURCE 200809L

#include "faults.h"

#include "parameters.h"
#include "sleep.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    int64_t started = now();
    if (tp_sleep_unless_stopped(context, 100)) {
        return TP_STOPPED;
    }
    return tp_succeed(context, "{\"process\":%d,\"startedMicroseconds\":%" PRId64 ",\"endedMicroseconds\":%" PRId64 "}",
        (int)getpid(), started, now());
}

const tp_algorithm tp_fault_exclusive = {
    .struct_size = sizeof(tp_algorithm),
    .max_concurrent = 1,
    .name = "fault.exclusive",
    .version = "1.0.0",
    .description = "Takes a tenth of a second and must not run twice at a time in one worker.",
    .expected_seconds = 0.1,
    .run = run,
};
