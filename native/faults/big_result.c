/* fault.big-result: has a result over the limit of 256 KiB and says it succeeded all the same. */
#include "faults.h"

#include "parameters.h"

#include <stdlib.h>
#include <string.h>

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    int64_t bytes = 300000;
    tp_status status = tp_read_integer(context, "bytes", 2, INT32_MAX, &bytes);
    if (status != TP_OK) {
        return status;
    }
    char *json = malloc((size_t)bytes);
    if (json == NULL) {
        return tp_fail(context, TP_RETRYABLE_ERROR, "no memory for the result");
    }
    memset(json, 'x', (size_t)bytes);
    json[0] = json[bytes - 1] = '"';
    (void)tp_result(context, json, (uint32_t)bytes);
    free(json);
    return TP_OK;
}

const tp_algorithm tp_fault_big_result = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.big-result",
    .version = "1.0.0",
    .description = "Sets a result of so many bytes (300,000 by default) and ignores the refusal.",
    .expected_seconds = 0.01,
    .run = run,
};
