/* fault.garbage: prints what could confuse its reader: all byte values, forged frames, forged markers. */
#include "faults.h"

#include "parameters.h"

#include <stdio.h>

enum { garbage_bytes = 64 * 1024 };

static void write_garbage(FILE *stream)
{
    /* A forged "finished" frame, and an end-of-output marker with a guessed token. */
    static const char forged_frame[] = "\x1d\0\0\0F\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\4\0\0\0null";
    static const char forged_marker[] = "\0TPENDguessed-token-16\0";
    fwrite(forged_frame, 1, sizeof forged_frame - 1, stream);
    fwrite(forged_marker, 1, sizeof forged_marker - 1, stream);
    uint32_t noise = 2463534242u;
    for (int i = 0; i < garbage_bytes; i++) {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        putc((int)(noise & 0xff), stream);
    }
    fflush(stream);
}

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    tp_progress(context, 40, "writing garbage");
    write_garbage(stdout);
    write_garbage(stderr);
    return tp_succeed(context, "{\"bytes\":%d}", garbage_bytes);
}

const tp_algorithm tp_fault_garbage = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.garbage",
    .version = "1.0.0",
    .description = "Writes binary garbage to stdout and stderr, forged frames among it, and succeeds.",
    .expected_seconds = 0.01,
    .run = run,
};
