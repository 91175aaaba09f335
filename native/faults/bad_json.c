/* fault.bad-json: has a result that is not JSON and says it succeeded all the same. */
#include "faults.h"

#include <string.h>

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    static const char broken[] = "{\"broken\":";
    (void)tp_result(context, broken, (uint32_t)strlen(broken));
    return TP_OK;
}

const tp_algorithm tp_fault_bad_json = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.bad-json",
    .version = "1.0.0",
    .description = "Sets a result that is not JSON.",
    .expected_seconds = 0.01,
    .run = run,
};
