/* hello: the smallest algorithm that does everything right. Three steps of one second, progress, a stop that is heard. */
#include "samples.h"

#include "parameters.h"
#include "sleep.h"

#include <stdio.h>

static tp_status run(tp_context *context, void *state)
{
    static const struct {
        int32_t percent;
        const char *stage;
    } steps[] = {{33, "step 2 of 3"}, {66, "step 3 of 3"}, {100, "done"}};
    (void)state;

    if (tp_progress(context, 0, "step 1 of 3")) {
        return TP_STOPPED;
    }
    for (size_t step = 0; step < sizeof steps / sizeof steps[0]; step++) {
        if (tp_sleep_unless_stopped(context, 1000)) {
            return TP_STOPPED;
        }
        tp_progress(context, steps[step].percent, steps[step].stage);
    }
    printf("hello world\n");
    return tp_succeed(context, "{\"message\":\"hello world\"}");
}

const tp_algorithm tp_hello = {
    .struct_size = sizeof(tp_algorithm),
    .name = "hello",
    .version = "1.0.0",
    .description = "Says hello world in three steps of one second each.",
    .default_timeout_seconds = 30,
    .expected_seconds = 3,
    .run = run,
};
