/* fault.flood: prints more than anybody wants to keep. The lines are numbered, so that the last ones can be recognised. */
#include "faults.h"

#include "parameters.h"

#include <inttypes.h>
#include <stdio.h>

enum { line_bytes = 64, lines_per_block = 512, lines_per_megabyte = (1 << 20) / line_bytes };

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    int64_t megabytes = 200;
    tp_status status = tp_read_integer(context, "megabytes", 0, 1 << 20, &megabytes);
    if (status != TP_OK) {
        return status;
    }
    for (int64_t line = 0; line < megabytes * lines_per_megabyte; line += lines_per_block) {
        char block[lines_per_block * line_bytes + 1];
        for (int i = 0; i < lines_per_block; i++) {
            snprintf(block + i * line_bytes, line_bytes + 1, "flood %57" PRId64 "\n", line + i);
        }
        fwrite(block, 1, sizeof block - 1, stdout);
        if (line % lines_per_megabyte == 0
            && tp_progress(context, (int32_t)(line * 100 / (megabytes * lines_per_megabyte)), "flooding")) {
            return TP_STOPPED;
        }
    }
    return tp_succeed(context, "{\"megabytes\":%" PRId64 "}", megabytes);
}

const tp_algorithm tp_fault_flood = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.flood",
    .version = "1.0.0",
    .description = "Prints megabytes (200 by default) and succeeds.",
    .expected_seconds = 1,
    .run = run,
};
