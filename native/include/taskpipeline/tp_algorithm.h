/*
 * TaskPipeline: the interface between a library of algorithms and the process that runs them.
 *
 * A library exports one symbol, tp_library_describe, which lists its algorithms. The worker never loads a library: a child
 * process (the host) does, runs one task at a time, and is watched and limited from outside. An algorithm may therefore
 * crash, hang or leak; the manual, docs/native-abi.md, says what happens then.
 *
 * Ownership. Every pointer that the host passes in is the host's and is valid until the call returns. Every pointer that
 * the library passes in is copied before the call returns. What tp_library_describe returns must stay valid for ever.
 *
 * Threads. open, run and close are called on one thread of the host, never at the same time. The functions of the context
 * may be called from any thread until run returns, never after it.
 *
 * Text is UTF-8. Lengths are bytes. No exception and no longjmp may cross this interface in either direction.
 */
#ifndef TASKPIPELINE_TP_ALGORITHM_H
#define TASKPIPELINE_TP_ALGORITHM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface: major << 16 | minor. A host refuses another major. Within a major, structures only grow
 * at their end and say how large they are, so that old libraries run in new hosts and new ones in old hosts. */
#define TP_ABI_MAJOR 1
#define TP_ABI_MINOR 0
#define TP_ABI_VERSION ((uint32_t)((TP_ABI_MAJOR << 16) | TP_ABI_MINOR))

#if defined(_WIN32)
#define TP_EXPORT __declspec(dllexport)
#else
#define TP_EXPORT __attribute__((visibility("default")))
#endif

/* What run and open answer. From one list, so that names and numbers cannot drift apart. */
#define TP_STATUS_LIST(X)                                                                   \
    X(TP_OK, 0, "it succeeded")                                                             \
    X(TP_ERROR, -1, "it failed, and would again")                                           \
    X(TP_RETRYABLE_ERROR, -2, "it failed, but another attempt may succeed")                 \
    X(TP_INVALID_INPUT, -3, "the input is wrong: the task is rejected and never retried")   \
    X(TP_STOPPED, -4, "it stopped because progress or should_stop asked it to")

typedef int32_t tp_status;
enum {
#define TP_STATUS_ENUM(name, value, text) name = value,
    TP_STATUS_LIST(TP_STATUS_ENUM)
#undef TP_STATUS_ENUM
};

typedef struct tp_context tp_context;

/* What the host offers to a running task. Call it through the inline functions below. A function that a later minor version
 * adds is there only when struct_size reaches beyond it. */
typedef struct tp_host_functions {
    uint32_t struct_size;
    uint32_t abi_version;
    int32_t (*progress)(tp_context *context, int32_t percent, const char *stage);
    int32_t (*should_stop)(tp_context *context);
    int32_t (*parameter)(tp_context *context, const char *name, const char **text, uint32_t *length);
    void (*input)(tp_context *context, const uint8_t **bytes, uint32_t *length);
    int32_t (*result)(tp_context *context, const void *json, uint32_t length);
    void (*log)(tp_context *context, const char *text);
    void (*message)(tp_context *context, const char *text);
    const char *(*scratch)(tp_context *context);
} tp_host_functions;

/* One run. Opaque but for the functions. */
struct tp_context {
    const tp_host_functions *host;
};

/* Reports how far the run is: percent 0 to 100 (others are moved to the nearer end) and what it does now (may be NULL: the
 * stage stays as it is; at most 255 bytes are kept). Cheap enough for an inner loop: it makes no system call. Every call
 * feeds the watchdog of noProgressTimeoutSeconds. Returns nonzero when the task should stop: clean up and return
 * TP_STOPPED soon; after two seconds the process is ended. */
static inline int32_t tp_progress(tp_context *context, int32_t percent, const char *stage)
{
    return context->host->progress(context, percent, stage);
}

/* The same question without reporting anything. Does not feed the watchdog. */
static inline int32_t tp_should_stop(tp_context *context)
{
    return context->host->should_stop(context);
}

/* Finds a top-level member of the input that is a string, number or boolean, as text: strings unescaped, numbers as they
 * were written, true or false. Returns 1 and sets text (ended by a zero byte that length does not count) and length; returns 0
 * and leaves both alone when there is no such member. A string may contain zero bytes of its own. */
static inline int32_t tp_parameter(tp_context *context, const char *name, const char **text, uint32_t *length)
{
    return context->host->parameter(context, name, text, length);
}

/* The whole input: the bytes of one JSON object, also ended by a zero byte that length does not count. */
static inline void tp_input(tp_context *context, const uint8_t **bytes, uint32_t *length)
{
    context->host->input(context, bytes, length);
}

/* Sets the result: one JSON value. The last call wins. Returns 0, or nonzero when it is larger than 256 KiB; the task then
 * fails as rejected whatever run returns, as it does when the bytes are not JSON. */
static inline int32_t tp_result(tp_context *context, const void *json, uint32_t length)
{
    return context->host->result(context, json, length);
}

/* Adds a line to the output of the task, where what it prints stands too. */
static inline void tp_log(tp_context *context, const char *text)
{
    context->host->log(context, text);
}

/* Says why run is about to return something else than TP_OK. The last call wins; at most 4,095 bytes are kept. */
static inline void tp_message(tp_context *context, const char *text)
{
    context->host->message(context, text);
}

/* An empty folder of the task's own, removed after it; TMPDIR names it too. */
static inline const char *tp_scratch(tp_context *context)
{
    return context->host->scratch(context);
}

/* One algorithm. Zero or NULL means "not said" wherever nothing else stands. */
typedef struct tp_algorithm {
    uint32_t struct_size;            /* sizeof(tp_algorithm) */
    uint32_t max_concurrent;         /* at most so many at a time in one worker; 0: no such limit */
    const char *name;                /* required; 1 to 100 of a-z 0-9 . _ - , unique in a worker */
    const char *version;             /* required */
    const char *description;         /* one sentence for people */
    double default_timeout_seconds;  /* the limit of an attempt when its client names none; 0: the service's (50) */
    double expected_seconds;         /* how long a run usually takes */
    const char *cost_parameter;      /* the numeric input member that drives the run time */
    uint64_t memory_limit_bytes;     /* RLIMIT_DATA of a run; 0: the worker's (1 GiB) */
    double cpu_limit_seconds;        /* processor time of a run; 0: the worker's */
    /* Runs one task. Required. state is what open returned, or NULL. */
    tp_status (*run)(tp_context *context, void *state);
    /* Called once per host before the first run, for example to load a model. Anything but TP_OK fails the start of the
     * task that needed it (retryably). error, of error_size bytes, takes a message ended by a zero byte. Optional. */
    tp_status (*open)(void **state, char *error, uint32_t error_size);
    /* Called once when a host ends in good order; a host that is killed does not call it. Optional. */
    void (*close)(void *state);
} tp_algorithm;

/* A library. */
typedef struct tp_library {
    uint32_t struct_size;           /* sizeof(tp_library) */
    uint32_t abi_version;           /* TP_ABI_VERSION */
    uint32_t algorithm_size;        /* sizeof(tp_algorithm): the stride of algorithms */
    uint32_t algorithm_count;
    const tp_algorithm *algorithms;
} tp_library;

/* The one symbol of a library. Called once after loading, must not fail and must not do work. */
TP_EXPORT const tp_library *tp_library_describe(void);

#ifdef __cplusplus
}
#endif

#endif
