/* The host's side of the interface, as a test needs it: parameters from a table, everything reported kept. */
#ifndef TASKPIPELINE_TESTS_FAKE_HOST_H
#define TASKPIPELINE_TESTS_FAKE_HOST_H

#include "check.h"

#include <taskpipeline/tp_algorithm.h>

#include <stdatomic.h>

enum { fake_most_result = 256 * 1024 };

typedef struct fake_host {
    tp_context context; /* first: the functions get a pointer to it back */
    const char *parameters[8][2];
    const char *scratch;
    atomic_int stop;         /* set from any thread: progress and should_stop answer it */
    int stop_after_calls;    /* stop at that call of progress or should_stop; 0: never */
    int calls;
    int progress_calls;
    int progress_fell;       /* whether a percentage was below the one before */
    int32_t percent;
    char stage[256];
    char result[4096];       /* the start of the last result */
    uint32_t result_length;
    int result_refused;
    char message[4096];
} fake_host;

static inline fake_host *fake_of(tp_context *context)
{
    return (fake_host *)(void *)context;
}

static int32_t fake_should_stop(tp_context *context)
{
    fake_host *host = fake_of(context);
    host->calls++;
    return atomic_load(&host->stop) || (host->stop_after_calls != 0 && host->calls >= host->stop_after_calls);
}

static int32_t fake_progress(tp_context *context, int32_t percent, const char *stage)
{
    fake_host *host = fake_of(context);
    host->progress_calls++;
    host->progress_fell |= percent < host->percent;
    host->percent = percent;
    if (stage != NULL) {
        snprintf(host->stage, sizeof host->stage, "%s", stage);
    }
    return fake_should_stop(context);
}

static int32_t fake_parameter(tp_context *context, const char *name, const char **text, uint32_t *length)
{
    fake_host *host = fake_of(context);
    for (size_t i = 0; i < 8 && host->parameters[i][0] != NULL; i++) {
        if (strcmp(host->parameters[i][0], name) == 0) {
            *text = host->parameters[i][1];
            *length = (uint32_t)strlen(*text);
            return 1;
        }
    }
    return 0;
}

static void fake_input(tp_context *context, const uint8_t **bytes, uint32_t *length)
{
    (void)context;
    *bytes = (const uint8_t *)"{}";
    *length = 2;
}

static int32_t fake_result(tp_context *context, const void *json, uint32_t length)
{
    fake_host *host = fake_of(context);
    host->result_refused = length > fake_most_result;
    size_t kept = length < sizeof host->result ? length : sizeof host->result - 1;
    memcpy(host->result, json, kept);
    host->result[kept] = '\0';
    host->result_length = length;
    return host->result_refused;
}

static void fake_log(tp_context *context, const char *text)
{
    (void)context;
    (void)text;
}

static void fake_message(tp_context *context, const char *text)
{
    snprintf(fake_of(context)->message, sizeof fake_of(context)->message, "%s", text);
}

static const char *fake_scratch(tp_context *context)
{
    return fake_of(context)->scratch;
}

static const tp_host_functions fake_functions = {
    .struct_size = sizeof(tp_host_functions),
    .abi_version = TP_ABI_VERSION,
    .progress = fake_progress,
    .should_stop = fake_should_stop,
    .parameter = fake_parameter,
    .input = fake_input,
    .result = fake_result,
    .log = fake_log,
    .message = fake_message,
    .scratch = fake_scratch,
};

/* The algorithm of that name in a library; fails the case when there is none. */
static inline const tp_algorithm *fake_find(const tp_library *library, const char *name)
{
    for (uint32_t i = 0; i < library->algorithm_count; i++) {
        const void *at = (const char *)library->algorithms + (size_t)i * library->algorithm_size;
        const tp_algorithm *algorithm = (const tp_algorithm *)at;
        if (strcmp(algorithm->name, name) == 0) {
            return algorithm;
        }
    }
    CHECK(0, "no algorithm %s", name);
    return NULL;
}

/* Runs it once, with open before and close after where it has them. */
static inline tp_status fake_run(fake_host *host, const tp_algorithm *algorithm)
{
    host->context.host = &fake_functions;
    void *state = NULL;
    if (algorithm->open != NULL) {
        tp_status opened = algorithm->open(&state, host->message, sizeof host->message);
        if (opened != TP_OK) {
            return opened;
        }
    }
    tp_status status = algorithm->run(&host->context, state);
    if (algorithm->close != NULL) {
        algorithm->close(state);
    }
    return status;
}

#endif
