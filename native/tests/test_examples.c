/* The third-party examples, loaded as a host loads them. TP_EXAMPLES is set by CMake. */
#define _POSIX_C_SOURCE 200809L

#include "fake_host.h"

#include <dlfcn.h>

static const tp_algorithm *load(const char *file, const char *name)
{
    void *loaded = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    CHECK(loaded != NULL, "%s", dlerror());
    const tp_library *(*describe)(void);
    *(void **)(void *)&describe = dlsym(loaded, "tp_library_describe");
    CHECK(describe != NULL, "%s", dlerror());
    return fake_find(describe(), name);
}

static void power_multiplies(void)
{
    const tp_algorithm *power = load(TP_EXAMPLES "/power.so", "power");
    fake_host host = {.parameters = {{"exponent", "20"}}};
    CHECK_NUMBER(TP_OK, fake_run(&host, power));
    CHECK_TEXT("{\"power\":486784380}", host.result);
    fake_host wrong = {.parameters = {{"exponent", "0"}}};
    CHECK_NUMBER(TP_INVALID_INPUT, fake_run(&wrong, power));
    fake_host stopped = {.parameters = {{"exponent", "1000000000"}}, .stop_after_calls = 3};
    CHECK_NUMBER(TP_STOPPED, fake_run(&stopped, power));
}

static void mandelbrot_counts(void)
{
    fake_host host = {.parameters = {{"size", "100"}}};
    CHECK_NUMBER(TP_OK, fake_run(&host, load(TP_EXAMPLES "/mandelbrot.so", "mandelbrot")));
    int inside = 0;
    CHECK_NUMBER(1, sscanf(host.result, "{\"size\":100,\"inside\":%d}", &inside));
    /* The area of the set is 1.507 of the 9 that the grid covers. */
    CHECK(inside > 1600 && inside < 1800, "%d", inside);
    CHECK(!host.progress_fell, "progress");
}

static void mandelbrot_refuses_bad_sizes(void)
{
    static const char *const bad[] = {"0", "-1", "20001", "1.5", "x", ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fake_host host = {.parameters = {{"size", bad[i]}}};
        CHECK_NUMBER(TP_INVALID_INPUT, fake_run(&host, load(TP_EXAMPLES "/mandelbrot.so", "mandelbrot")));
        CHECK_TEXT("size: must be a whole number from 1 to 20000", host.message);
    }
}

static void mandelbrot_stops(void)
{
    fake_host host = {.parameters = {{"size", "20000"}}, .stop_after_calls = 2};
    CHECK_NUMBER(TP_STOPPED, fake_run(&host, load(TP_EXAMPLES "/mandelbrot.so", "mandelbrot")));
}

#if defined(TP_HAS_CXX)
static void textstats_counts(void)
{
    fake_host host = {.parameters = {{"text", "the cat and the hat and the cat"}}};
    CHECK_NUMBER(TP_OK, fake_run(&host, load(TP_EXAMPLES "/textstats.so", "textstats")));
    CHECK_TEXT("{\"bytes\":31,\"words\":8,\"distinct\":2,\"most\":2}", host.result);
}

static void textstats_keeps_exceptions_inside(void)
{
    const tp_algorithm *textstats = load(TP_EXAMPLES "/textstats.so", "textstats");
    fake_host without = {0};
    CHECK_NUMBER(TP_INVALID_INPUT, fake_run(&without, textstats));
    CHECK_TEXT("text: is required", without.message);
    fake_host stopped = {.parameters = {{"text", "one two three"}}, .stop_after_calls = 2};
    CHECK_NUMBER(TP_STOPPED, fake_run(&stopped, textstats));
}
#else
/* Without a C++ compiler there is nothing to test. */
static void textstats_counts(void)
{
}

static void textstats_keeps_exceptions_inside(void)
{
}
#endif

#define CASE(name) {#name, name}

int main(int argument_count, char **arguments)
{
    static const test_case cases[] = {
        CASE(power_multiplies), CASE(mandelbrot_counts), CASE(mandelbrot_refuses_bad_sizes), CASE(mandelbrot_stops),
        CASE(textstats_counts), CASE(textstats_keeps_exceptions_inside),
    };
    return run_case(cases, sizeof cases / sizeof cases[0], argument_count, arguments);
}
