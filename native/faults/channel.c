/* fault.channel: writes into the channel between its host and the worker: noise, or an answer that looks real. */
#define _POSIX_C_SOURCE 200809L

#include "faults.h"

#include "parameters.h"
#include "sleep.h"

#include <unistd.h>

enum { reply_fd = 4 };

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    int32_t forged = 0;
    tp_status status = tp_read_boolean(context, "forged", &forged);
    if (status != TP_OK) {
        return status;
    }
    tp_announce(context, "fault.channel: writing into the channel");
    /* A "finished" frame for the first task of a host: completed, with the result 1, nothing used, both streams marked. */
    static const char answer[] = "\x38\0\0\0F\1\0\0\0\0\0\0\0" "\0\0\0\0" "\0\0\0\0" "\1\1\0\0\0" "1"
        "\0\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0" "\3";
    static const char noise[] = "this is no frame";
    ssize_t written = forged ? write(reply_fd, answer, sizeof answer - 1) : write(reply_fd, noise, sizeof noise - 1);
    /* Goes on for a while, as if nothing had happened. */
    tp_sleep(written > 0 ? 60000 : 0);
    return TP_OK;
}

const tp_algorithm tp_fault_channel = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.channel",
    .version = "1.0.0",
    .description = "Writes noise, or a forged answer, into the channel between host and worker.",
    .expected_seconds = 0.01,
    .run = run,
};
