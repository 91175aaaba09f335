/* The sample algorithms against a fake host. */
#define _POSIX_C_SOURCE 200809L

#include "fake_host.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static tp_status run(fake_host *host, const char *name)
{
    return fake_run(host, fake_find(tp_library_describe(), name));
}

static void hello_runs_three_seconds(void)
{
    fake_host host = {0};
    double start = now();

    CHECK_NUMBER(TP_OK, run(&host, "hello"));

    double seconds = now() - start;
    CHECK(seconds >= 3 && seconds < 6, "it took %f s", seconds);
    CHECK_TEXT("{\"message\":\"hello world\"}", host.result);
    CHECK_NUMBER(4, host.progress_calls);
    CHECK_NUMBER(100, host.percent);
    CHECK_TEXT("done", host.stage);
    CHECK(!host.progress_fell, "progress");
}

static void *ask_to_stop(void *argument)
{
    struct timespec wait = {.tv_nsec = 200 * 1000000};
    nanosleep(&wait, NULL);
    atomic_store(&((fake_host *)argument)->stop, 1);
    return NULL;
}

/* Runs it while another thread asks it to stop after 200 ms. Returns the seconds from the request to the return. */
static double stop_latency(fake_host *host, const char *name)
{
    double start = now();
    pthread_t asking;
    CHECK_NUMBER(0, pthread_create(&asking, NULL, ask_to_stop, host));
    CHECK_NUMBER(TP_STOPPED, run(host, name));
    double latency = now() - start - 0.2;
    pthread_join(asking, NULL);
    return latency;
}

static void hello_stops_within_a_slice(void)
{
    fake_host host = {0};
    double latency = stop_latency(&host, "hello");
    /* On a busy machine too; a hello that only looked after each second would take 0.8 s. */
    CHECK(latency < 0.5, "it took %f s", latency);
    CHECK_NUMBER(0, host.result_length);
}

static void count(const char *limit, const char *expected)
{
    fake_host host = {.parameters = {{"limit", limit}}};
    CHECK_NUMBER(TP_OK, run(&host, "primes"));
    CHECK_TEXT(expected, host.result);
    CHECK_NUMBER(100, host.percent);
    CHECK(!host.progress_fell, "progress");
}

static void primes_counts_small_limits(void)
{
    count("0", "{\"limit\":0,\"count\":0}");
    count("1", "{\"limit\":1,\"count\":0}");
    count("2", "{\"limit\":2,\"count\":1}");
    count("3", "{\"limit\":3,\"count\":2}");
    count("4", "{\"limit\":4,\"count\":2}");
    count("9", "{\"limit\":9,\"count\":4}");
    count("10", "{\"limit\":10,\"count\":4}");
    count("25", "{\"limit\":25,\"count\":9}");
    count("100", "{\"limit\":100,\"count\":25}");
    count("1e2", "{\"limit\":100,\"count\":25}");
}

/* Against trial division: every limit up to 2,000. */
static void primes_agrees_with_trial_division(void)
{
    int primes = 0;
    for (int limit = 2; limit <= 2000; limit++) {
        int divisor = 2;
        while (limit % divisor != 0) {
            divisor++;
        }
        primes += divisor == limit;
        char text[16];
        char expected[64];
        snprintf(text, sizeof text, "%d", limit);
        snprintf(expected, sizeof expected, "{\"limit\":%d,\"count\":%d}", limit, primes);
        count(text, expected);
    }
}

/* A short segment holds 32,768 odd numbers and ends at 65,535; 65,537 is prime and the first number of the next one. */
static void primes_is_right_at_segment_borders(void)
{
    count("65534", "{\"limit\":65534,\"count\":6542}");
    count("65535", "{\"limit\":65535,\"count\":6542}");
    count("65536", "{\"limit\":65536,\"count\":6542}");
    count("65537", "{\"limit\":65537,\"count\":6543}");
    count("65538", "{\"limit\":65538,\"count\":6543}");
    count("131071", "{\"limit\":131071,\"count\":12251}");
    count("131072", "{\"limit\":131072,\"count\":12251}");
}

/* The last one is sieved in long segments; they start at a square root of 8,192. */
static void primes_counts_large_limits(void)
{
    count("1000000", "{\"limit\":1000000,\"count\":78498}");
    count("10000000", "{\"limit\":10000000,\"count\":664579}");
    count("100000000", "{\"limit\":100000000,\"count\":5761455}");
}

static void primes_stops_soon(void)
{
    fake_host host = {.parameters = {{"limit", "100000000000"}}};
    double latency = stop_latency(&host, "primes");
    CHECK(latency < 0.5, "it took %f s", latency);
    CHECK_NUMBER(0, host.result_length);
}

static void refuse(const char *name, const char *parameter, const char *value, const char *start)
{
    fake_host host = {0};
    host.parameters[0][0] = value != NULL ? parameter : NULL;
    host.parameters[0][1] = value;
    CHECK_NUMBER(TP_INVALID_INPUT, run(&host, name));
    CHECK(strncmp(host.message, start, strlen(start)) == 0, "the message is \"%s\"", host.message);
    CHECK_NUMBER(0, host.result_length);
}

static void primes_refuses_bad_limits(void)
{
    static const char *const bad[] = {
        "-1", "100000000001", "1.5", "", " 1", "1 ", "ten", "0x10", "nan", "inf", "1e400", "true", "1,000", "--1",
        "0000000000000000000000000000000000000000000000000000000000000000000001",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        refuse("primes", "limit", bad[i], "limit: must be a whole number from 0 to 100000000000");
    }
    refuse("primes", "limit", NULL, "limit: is required");
}

/* Writes a file of its own and returns its path. */
static const char *write_file(const char *bytes, size_t length, int times)
{
    static char path[] = "checksum-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0, "mkstemp");
    FILE *file = fdopen(fd, "wb");
    for (int i = 0; i < times; i++) {
        CHECK_NUMBER(length, fwrite(bytes, 1, length, file));
    }
    fclose(file);
    return path;
}

static void digest(const char *bytes, int times, const char *expected)
{
    const char *path = write_file(bytes, strlen(bytes), times);
    fake_host host = {.parameters = {{"path", path}}};
    tp_status status = run(&host, "checksum");
    unlink(path);
    CHECK_NUMBER(TP_OK, status);
    CHECK_TEXT(expected, host.result);
    CHECK_NUMBER(100, host.percent);
    CHECK(!host.progress_fell, "progress");
}

/* The examples of FIPS 180-4. */
static void checksum_of_nothing(void)
{
    digest("", 0, "{\"bytes\":0,\"sha256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}");
}

static void checksum_of_one_block(void)
{
    digest("abc", 1, "{\"bytes\":3,\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}");
}

static void checksum_of_two_blocks(void)
{
    digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
        "{\"bytes\":56,\"sha256\":\"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1\"}");
}

static void checksum_of_a_million_bytes(void)
{
    digest("aaaaaaaaaa", 100000,
        "{\"bytes\":1000000,\"sha256\":\"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0\"}");
}

static void checksum_stops_soon(void)
{
    const char *path = write_file("aaaaaaaaaa", 10, 100000);
    fake_host host = {.parameters = {{"path", path}}, .stop_after_calls = 3};
    tp_status status = run(&host, "checksum");
    unlink(path);
    CHECK_NUMBER(TP_STOPPED, status);
    CHECK_NUMBER(3, host.progress_calls);
}

static void checksum_refuses_what_is_no_file(void)
{
    refuse("checksum", "path", NULL, "path: is required");
    refuse("checksum", "path", "", "path: is required");
    refuse("checksum", "path", "/nonexistent/file", "path: No such file or directory");
    refuse("checksum", "path", "/", "path: must be a regular file");
    refuse("checksum", "path", "/dev/zero", "path: must be a regular file");
}

#define CASE(name) {#name, name}

int main(int argument_count, char **arguments)
{
    static const test_case cases[] = {
        CASE(hello_runs_three_seconds), CASE(hello_stops_within_a_slice), CASE(primes_counts_small_limits),
        CASE(primes_agrees_with_trial_division), CASE(primes_is_right_at_segment_borders),
        CASE(primes_counts_large_limits), CASE(primes_stops_soon),
        CASE(primes_refuses_bad_limits), CASE(checksum_of_nothing), CASE(checksum_of_one_block),
        CASE(checksum_of_two_blocks), CASE(checksum_of_a_million_bytes), CASE(checksum_stops_soon),
        CASE(checksum_refuses_what_is_no_file),
    };
    return run_case(cases, sizeof cases / sizeof cases[0], argument_count, arguments);
}
