/* Reads checked parameters from the input of a task and writes short results. */
#ifndef TASKPIPELINE_SUPPORT_PARAMETERS_H
#define TASKPIPELINE_SUPPORT_PARAMETERS_H

#include <taskpipeline/tp_algorithm.h>

#if defined(__GNUC__)
#define TP_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define TP_PRINTF(text, first)
#endif

/* The parameter as a number between least and most. An absent one leaves value as the caller set it. Returns TP_OK, or
 * TP_INVALID_INPUT after a message that names the parameter and the rule. */
tp_status tp_read_number(tp_context *context, const char *name, double least, double most, double *value);

/* The same for a whole number; 1e3 and 1000.0 are whole numbers, 0.5 is none. Bounds must lie within 2^53. */
tp_status tp_read_integer(tp_context *context, const char *name, int64_t least, int64_t most, int64_t *value);

/* The same for true or false. */
tp_status tp_read_boolean(tp_context *context, const char *name, int32_t *value);

/* Refuses the input: sets the message "name: rule" and returns TP_INVALID_INPUT. */
tp_status tp_refuse(tp_context *context, const char *name, const char *format, ...) TP_PRINTF(3, 4);

/* Sets the message and returns status. */
tp_status tp_fail(tp_context *context, tp_status status, const char *format, ...) TP_PRINTF(3, 4);

/* Sets the result to the formatted JSON, at most 1,023 bytes, and returns TP_OK. Does not escape strings. */
tp_status tp_succeed(tp_context *context, const char *format, ...) TP_PRINTF(2, 3);

#endif
