/* primes: counts the primes up to a limit with a segmented sieve of Eratosthenes over the odd numbers.
 *
 * Index i of the sieve stands for the odd number 2i + 1; index 0 is the number 1 and is counted in place of the prime 2,
 * which has no index. The count for a limit of at least 2 is then just the number of indexes left. */
#include "samples.h"

#include "parameters.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* More than a minute of one processor, and few enough base primes (27,293) to keep in the second-level cache. */
static const int64_t greatest_limit = 100000000000;

/* A segment, one byte for each odd number, should stay in the first- or second-level cache: small for small limits, and
 * longer when there are many base primes, whose work per segment would otherwise outweigh the sieving. */
enum { short_segment = 32 * 1024, long_segment = 256 * 1024 };

typedef struct base_prime {
    uint32_t prime;
    uint32_t next; /* the index of its next odd multiple, counted from the start of the coming segment */
} base_prime;

/* The work space of one run. */
typedef struct sieve {
    base_prime *primes;
    uint32_t prime_count;
    uint8_t *segment;
    uint32_t segment_length;
} sieve;

static uint32_t square_root(uint64_t n)
{
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 31; bit != 0; bit >>= 1) {
        if ((root | bit) * (root | bit) <= n) {
            root |= bit;
        }
    }
    return (uint32_t)root;
}

/* Finds the odd primes up to root by trial division with those found so far: at most 316,227 numbers, milliseconds. */
static void find_base_primes(sieve *work, uint32_t root)
{
    for (uint32_t candidate = 3; candidate <= root; candidate += 2) {
        uint32_t i = 0;
        while (i < work->prime_count && work->primes[i].prime <= candidate / work->primes[i].prime
               && candidate % work->primes[i].prime != 0) {
            i++;
        }
        if (i == work->prime_count || work->primes[i].prime > candidate / work->primes[i].prime) {
            work->primes[work->prime_count++].prime = candidate;
        }
    }
}

/* Strikes the multiples of one prime out and moves its next index into the coming segment. */
static void strike(uint8_t *segment, uint32_t length, base_prime *base)
{
    uint32_t index = base->next;
    for (; index < length; index += base->prime) {
        segment[index] = 0;
    }
    base->next = index - length;
}

static uint64_t count_left(const uint8_t *segment, uint32_t length)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < length; i++) {
        left += segment[i];
    }
    return left;
}

/* Sieves all indexes below end. Returns TP_OK or TP_STOPPED. */
static tp_status count_primes(tp_context *context, sieve *work, uint64_t end, uint64_t *count)
{
    uint32_t active = 0;
    for (uint64_t start = 0; start < end; start += work->segment_length) {
        if (tp_progress(context, (int32_t)(start * 100 / end), "sieving")) {
            return TP_STOPPED;
        }
        uint32_t length = end - start < work->segment_length ? (uint32_t)(end - start) : work->segment_length;
        memset(work->segment, 1, length);
        for (; active < work->prime_count; active++) {
            /* Smaller multiples have a smaller prime factor: a prime starts to strike at its square. */
            uint64_t first = (uint64_t)work->primes[active].prime * work->primes[active].prime / 2;
            if (first >= start + length) {
                break;
            }
            work->primes[active].next = (uint32_t)(first - start);
        }
        for (uint32_t i = 0; i < active; i++) {
            strike(work->segment, length, &work->primes[i]);
        }
        *count += count_left(work->segment, length);
    }
    tp_progress(context, 100, "done");
    return TP_OK;
}

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    int64_t limit = -1;
    tp_status status = tp_read_integer(context, "limit", 0, greatest_limit, &limit);
    if (status != TP_OK) {
        return status;
    }
    if (limit < 0) {
        return tp_refuse(context, "limit", "is required: a whole number from 0 to %" PRId64, greatest_limit);
    }

    uint64_t end = limit < 2 ? 0 : ((uint64_t)limit + 1) / 2;
    uint32_t root = square_root((uint64_t)limit);
    uint64_t longest = root < short_segment / 4 ? short_segment : long_segment;
    sieve work = {.segment_length = (uint32_t)(end < longest ? end + 1 : longest)};
    work.segment = malloc(work.segment_length);
    work.primes = malloc((root / 2 + 1) * sizeof *work.primes);
    if (work.segment == NULL || work.primes == NULL) {
        status = tp_fail(context, TP_RETRYABLE_ERROR, "no memory for the sieve");
    } else {
        uint64_t count = 0;
        find_base_primes(&work, root);
        status = count_primes(context, &work, end, &count);
        if (status == TP_OK) {
            status = tp_succeed(context, "{\"limit\":%" PRId64 ",\"count\":%" PRIu64 "}", limit, count);
        }
    }
    free(work.primes);
    free(work.segment);
    return status;
}

const tp_algorithm tp_primes = {
    .struct_size = sizeof(tp_algorithm),
    .name = "primes",
    .version = "1.0.0",
    .description = "Counts the primes up to limit (0 to 100,000,000,000).",
    .expected_seconds = 0.05,
    .cost_parameter = "limit",
    .run = run,
};
