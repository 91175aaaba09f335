/* Waiting that a request to stop cuts short. */
#ifndef TASKPIPELINE_SUPPORT_SLEEP_H
#define TASKPIPELINE_SUPPORT_SLEEP_H

#include <taskpipeline/tp_algorithm.h>

/* Sleeps for at least so many milliseconds. */
void tp_sleep(int64_t milliseconds);

/* Sleeps for so many milliseconds and asks every 50 ms whether to stop. Returns nonzero as soon as the answer is yes. */
int32_t tp_sleep_unless_stopped(tp_context *context, int64_t milliseconds);

#endif
