/* fault.close-fds: closes all descriptors, the channel to the worker among them, and goes on. */
#define _POSIX_C_SOURCE 200809L

#include "faults.h"

#include <unistd.h>

/* More than a host has open, and quick. */
enum { enough = 65536 };

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    tp_announce(context, "fault.close-fds: closing all descriptors");
    for (int fd = 0; fd < enough; fd++) {
        close(fd);
    }
    return TP_OK;
}

const tp_algorithm tp_fault_close_fds = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.close-fds",
    .version = "1.0.0",
    .description = "Closes every file descriptor of the process.",
    .expected_seconds = 0.01,
    .run = run,
};
