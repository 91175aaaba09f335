/* fault.fork: leaves a daemon behind that sleeps for an hour, holding everything open. Stage and result name it. With hold it
 * goes on itself, deaf to everything but signals. */
#define _POSIX_C_SOURCE 200809L

#include "faults.h"

#include "parameters.h"
#include "sleep.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: starts the grandchild and tells its pid. Calls nothing that may take a lock of another thread. */
static void leave_grandchild(int out)
{
    setsid();
    pid_t grandchild = fork();
    if (grandchild == 0) {
        sleep(3600);
        _exit(0);
    }
    _exit(grandchild > 0 && write(out, &grandchild, sizeof grandchild) == sizeof grandchild ? 0 : 1);
}

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    double hold = 0;
    tp_status status = tp_read_number(context, "hold", 0, 86400, &hold);
    if (status != TP_OK) {
        return status;
    }
    int channel[2];
    if (pipe(channel) != 0) {
        return tp_fail(context, TP_ERROR, "pipe failed");
    }
    pid_t child = fork();
    if (child == 0) {
        leave_grandchild(channel[1]);
    }
    close(channel[1]);
    pid_t grandchild = 0;
    int told = child > 0 && read(channel[0], &grandchild, sizeof grandchild) == sizeof grandchild;
    close(channel[0]);
    if (child > 0) {
        waitpid(child, NULL, 0);
    }
    if (!told) {
        return tp_fail(context, TP_ERROR, "fork failed");
    }
    char stage[64];
    snprintf(stage, sizeof stage, "left process %d behind", (int)grandchild);
    tp_progress(context, 40, stage);
    tp_sleep((int64_t)(hold * 1000));
    return tp_succeed(context, "{\"grandchild\":%d}", (int)grandchild);
}

const tp_algorithm tp_fault_fork = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.fork",
    .version = "1.0.0",
    .description = "Leaves a grandchild behind, in a session of its own, and succeeds, after hold seconds (0 by default).",
    .expected_seconds = 0.01,
    .run = run,
};
