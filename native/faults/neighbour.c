/* fault.neighbour: misbehaves in no way: looks again and again whether what it holds is as it was, until a file is there. Runs
 * beside the others to show that they do not reach it. */
#define _POSIX_C_SOURCE 200809L

#include "faults.h"

#include "parameters.h"
#include "sleep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { held_bytes = 1 << 16, held_value = 0x5a };

static int is_intact(const unsigned char *held)
{
    for (int i = 0; i < held_bytes; i++) {
        if (held[i] != held_value) {
            return 0;
        }
    }
    return 1;
}

/* Returns the number of looks; 0 when something had changed, or less when it was asked to stop. */
static int64_t watch(tp_context *context, const char *file, const unsigned char *held)
{
    int64_t looks = 0;
    do {
        if (!is_intact(held)) {
            return 0;
        }
        if (tp_progress(context, 50, "watching")) {
            return -1;
        }
        tp_sleep(2);
        looks++;
    } while (access(file, F_OK) != 0);
    return looks;
}

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    const char *file;
    uint32_t length;
    if (!tp_parameter(context, "file", &file, &length)) {
        return tp_refuse(context, "file", "must be the name of a file");
    }
    unsigned char *held = malloc(held_bytes);
    if (held == NULL) {
        return tp_fail(context, TP_RETRYABLE_ERROR, "no memory to watch");
    }
    memset(held, held_value, held_bytes);
    int64_t looks = watch(context, file, held);
    free(held);
    if (looks < 0) {
        return TP_STOPPED;
    }
    return looks > 0 ? tp_succeed(context, "{\"looks\":%" PRId64 "}", looks) : tp_fail(context, TP_ERROR, "its memory has changed");
}

const tp_algorithm tp_fault_neighbour = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.neighbour",
    .version = "1.0.0",
    .description = "Behaves: looks whether its memory is as it was until file is there.",
    .expected_seconds = 0.01,
    .run = run,
};
