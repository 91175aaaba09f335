#include "parameters.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer numbers are refused: no bound that an algorithm sets needs so many digits. */
enum { longest_number = 63 };

/* JSON's numbers and nothing else that strtod would take: no hexadecimal, no infinity, no blanks. */
static int is_number(const char *text, uint32_t length, double *number)
{
    if (length == 0 || length > longest_number || strspn(text, "+-.0123456789eE") != length) {
        return 0;
    }
    char *end = NULL;
    *number = strtod(text, &end);
    return end == text + length && isfinite(*number);
}

tp_status tp_read_number(tp_context *context, const char *name, double least, double most, double *value)
{
    const char *text;
    uint32_t length;
    if (!tp_parameter(context, name, &text, &length)) {
        return TP_OK;
    }
    double number;
    if (!is_number(text, length, &number) || number < least || number > most) {
        return tp_refuse(context, name, "must be a number from %g to %g", least, most);
    }
    *value = number;
    return TP_OK;
}

tp_status tp_read_integer(tp_context *context, const char *name, int64_t least, int64_t most, int64_t *value)
{
    const char *text;
    uint32_t length;
    if (!tp_parameter(context, name, &text, &length)) {
        return TP_OK;
    }
    double number;
    if (!is_number(text, length, &number) || number < (double)least || number > (double)most
        || (double)(int64_t)number != number) {
        return tp_refuse(context, name, "must be a whole number from %" PRId64 " to %" PRId64, least, most);
    }
    *value = (int64_t)number;
    return TP_OK;
}

tp_status tp_read_boolean(tp_context *context, const char *name, int32_t *value)
{
    const char *text;
    uint32_t length;
    if (!tp_parameter(context, name, &text, &length)) {
        return TP_OK;
    }
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
        return tp_refuse(context, name, "must be true or false");
    }
    *value = text[0] == 't';
    return TP_OK;
}

tp_status tp_refuse(tp_context *context, const char *name, const char *format, ...)
{
    char rule[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(rule, sizeof rule, format, arguments);
    va_end(arguments);
    return tp_fail(context, TP_INVALID_INPUT, "%s: %s", name, rule);
}

tp_status tp_fail(tp_context *context, tp_status status, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    tp_message(context, text);
    return status;
}

tp_status tp_succeed(tp_context *context, const char *format, ...)
{
    char json[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(json, sizeof json, format, arguments);
    va_end(arguments);
    if (length < 0 || length >= (int)sizeof json) {
        return tp_fail(context, TP_ERROR, "the result does not fit into %zu bytes", sizeof json);
    }
    tp_result(context, json, (uint32_t)length);
    return TP_OK;
}
