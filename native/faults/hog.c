/* fault.hog: takes memory until the limit refuses more, and then dies as most code does (SIGABRT). fault.hog-declared does so
 * under a limit of its own, smaller than any worker's. */
#include "faults.h"

#include "parameters.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { chunk_bytes = 1 << 20 };

typedef struct chunk {
    struct chunk *previous;
} chunk;

static void release(chunk *newest)
{
    while (newest != NULL) {
        chunk *previous = newest->previous;
        free(newest);
        newest = previous;
    }
}

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    int64_t megabytes = INT32_MAX;
    tp_status status = tp_read_integer(context, "megabytes", 1, INT32_MAX, &megabytes);
    if (status != TP_OK) {
        return status;
    }
    tp_announce(context, "fault.hog: allocating");
    chunk *newest = NULL;
    for (int64_t held = 0; held < megabytes; held++) {
        chunk *next = malloc(chunk_bytes);
        if (next == NULL) {
            abort();
        }
        memset(next, 1, chunk_bytes);
        next->previous = newest;
        newest = next;
        if (tp_progress(context, 40, "allocating")) {
            release(newest);
            return TP_STOPPED;
        }
    }
    release(newest);
    return tp_succeed(context, "{\"megabytes\":%" PRId64 "}", megabytes);
}

const tp_algorithm tp_fault_hog = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.hog",
    .version = "1.0.0",
    .description = "Allocates and touches memory until there is none, then aborts; with megabytes: so much, then succeeds.",
    .expected_seconds = 1,
    .run = run,
};

const tp_algorithm tp_fault_hog_declared = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.hog-declared",
    .version = "1.0.0",
    .description = "Does what fault.hog does and declares that it needs no more than 64 MiB.",
    .expected_seconds = 0.1,
    .memory_limit_bytes = 64 << 20,
    .run = run,
};
