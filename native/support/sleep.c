#define _POSIX_C_SOURCE 200809L

#include "sleep.h"

#if defined(_WIN32)
#include <windows.h>

static int64_t now_ms(void)
{
    return (int64_t)GetTickCount64();
}

void tp_sleep(int64_t milliseconds)
{
    Sleep((DWORD)milliseconds);
}
#else
#include <errno.h>
#include <time.h>

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void tp_sleep(int64_t milliseconds)
{
    struct timespec left = {.tv_sec = (time_t)(milliseconds / 1000), .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}
#endif

int32_t tp_sleep_unless_stopped(tp_context *context, int64_t milliseconds)
{
    const int64_t slice = 50;
    /* Against the clock, because many slices that each last a little longer would add up. */
    int64_t until = now_ms() + milliseconds + 1; /* the clock is cut off to milliseconds: never too short */
    for (int64_t left = milliseconds; left > 0; left = until - now_ms()) {
        if (tp_should_stop(context)) {
            return 1;
        }
        tp_sleep(left < slice ? left : slice);
    }
    return tp_should_stop(context);
}
