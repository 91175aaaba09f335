/* gcc -std=c11 -O2 -Wall -shared -fPIC -fvisibility=hidden -I native/include -o power.so power.c */
#include <taskpipeline/tp_algorithm.h>

#include <stdio.h>
#include <stdlib.h>

/* 3 to the power of the parameter "exponent", modulo 1,000,000,007. */
static tp_status run(tp_context *context, void *state)
{
    const char *text;
    uint32_t length;
    (void)state;
    if (!tp_parameter(context, "exponent", &text, &length) || atol(text) < 1) {
        tp_message(context, "exponent: must be a whole number of at least 1");
        return TP_INVALID_INPUT;
    }

    long exponent = atol(text);
    uint64_t power = 1;
    for (long i = 0; i < exponent; i++) {
        power = power * 3 % 1000000007;
        if (i % 10000 == 0 && tp_progress(context, (int32_t)((double)i * 100 / (double)exponent), "multiplying")) {
            return TP_STOPPED;
        }
    }

    char json[64];
    int written = snprintf(json, sizeof json, "{\"power\":%llu}", (unsigned long long)power);
    tp_result(context, json, (uint32_t)written);
    return TP_OK;
}

static const tp_algorithm algorithms[] = {
    {.struct_size = sizeof(tp_algorithm), .name = "power", .version = "1.0.0", .description = "3 to the power of exponent.",
        .expected_seconds = 0.1, .cost_parameter = "exponent", .run = run},
};

const tp_library *tp_library_describe(void)
{
    static const tp_library library = {sizeof(tp_library), TP_ABI_VERSION, sizeof(tp_algorithm), 1, algorithms};
    return &library;
}
