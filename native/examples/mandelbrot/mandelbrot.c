/* A third-party library in C: one algorithm that counts the points of the Mandelbrot set in a grid of size x size. */
#include <taskpipeline/tp_algorithm.h>

#include <stdio.h>
#include <stdlib.h>

enum { smallest = 1, largest = 20000, iterations = 256 };

static int is_inside(double x, double y)
{
    double re = 0;
    double im = 0;
    for (int i = 0; i < iterations; i++) {
        double next = re * re - im * im + x;
        im = 2 * re * im + y;
        re = next;
        if (re * re + im * im > 4) {
            return 0;
        }
    }
    return 1;
}

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    const char *text = "";
    char *end = NULL;
    uint32_t length = 0;
    tp_parameter(context, "size", &text, &length);
    long size = strtol(text, &end, 10);
    if (length == 0 || end != text + length || size < smallest || size > largest) {
        tp_message(context, "size: must be a whole number from 1 to 20000");
        return TP_INVALID_INPUT;
    }

    long inside = 0;
    for (long row = 0; row < size; row++) {
        /* Once a row: often enough for a stop to be quick, and a call costs next to nothing. */
        if (tp_progress(context, (int32_t)(row * 100 / size), "counting")) {
            return TP_STOPPED;
        }
        for (long column = 0; column < size; column++) {
            inside += is_inside(-2 + 3 * ((double)column + 0.5) / (double)size, -1.5 + 3 * ((double)row + 0.5) / (double)size);
        }
    }
    tp_progress(context, 100, "done");

    char json[128];
    int written = snprintf(json, sizeof json, "{\"size\":%ld,\"inside\":%ld}", size, inside);
    tp_result(context, json, (uint32_t)written);
    return TP_OK;
}

static const tp_algorithm algorithms[] = {{
    .struct_size = sizeof(tp_algorithm),
    .name = "mandelbrot",
    .version = "1.0.0",
    .description = "Counts the points of the Mandelbrot set in a grid of size x size.",
    .expected_seconds = 0.5,
    .cost_parameter = "size",
    .run = run,
}};

static const tp_library library = {
    .struct_size = sizeof(tp_library),
    .abi_version = TP_ABI_VERSION,
    .algorithm_size = sizeof(tp_algorithm),
    .algorithm_count = sizeof algorithms / sizeof algorithms[0],
    .algorithms = algorithms,
};

const tp_library *tp_library_describe(void)
{
    return &library;
}
