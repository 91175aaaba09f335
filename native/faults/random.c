/* fault.random: crashes at random by a segmentation fault, abort or exit(3). The same seed always has the same fate. */
#include "faults.h"

#include "parameters.h"

#include <stdlib.h>
#include <time.h>

/* splitmix64: even seeds that follow one another give unrelated draws. */
static uint64_t draw(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void crash(uint64_t way)
{
    volatile int *volatile nowhere = NULL;
    switch (way % 3) {
    case 0:
        *nowhere = 1;
        break;
    case 1:
        abort();
    default:
        exit(3);
    }
}

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    double probability = 0.2;
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    int64_t seed = (int64_t)now.tv_sec ^ (int64_t)now.tv_nsec << 20;
    tp_status status = tp_read_number(context, "probability", 0, 1, &probability);
    if (status == TP_OK) {
        status = tp_read_integer(context, "seed", 0, INT64_C(1) << 53, &seed);
    }
    if (status != TP_OK) {
        return status;
    }
    tp_progress(context, 40, "drawing");
    uint64_t random = (uint64_t)seed;
    if ((double)(draw(&random) >> 11) / (double)(UINT64_C(1) << 53) < probability) {
        tp_announce(context, "fault.random: bad luck");
        crash(draw(&random));
    }
    return tp_succeed(context, "{\"survived\":true}");
}

const tp_algorithm tp_fault_random = {
    .struct_size = sizeof(tp_algorithm),
    .name = "fault.random",
    .version = "1.0.0",
    .description = "Crashes with probability (0.2 by default), drawn from seed; otherwise succeeds.",
    .expected_seconds = 0.01,
    .run = run,
};
