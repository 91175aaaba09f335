/* fault.double-free: frees the same memory twice, which the C library answers with SIGABRT. */
#include "faults.h"

#include <stdlib.h>

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    tp_announce(context, "fault.double-free: freeing twice");
    char *volatile memory = malloc(64);
    free(memory);
    free(memory);
    /* An allocator that did not notice would make this fault a success. */
    abort();
}

const tp_algorithm tp_fault_double_free = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.double-free",
    .version = "1.0.0",
    .description = "Frees the same memory twice.",
    .expected_seconds = 0.01,
    .run = run,
};
