/* The smallest test frame that does: a program has a table of cases and runs the one that its argument names, so that
 * CTest counts, limits and reports each case by itself. */
#ifndef TASKPIPELINE_TESTS_CHECK_H
#define TASKPIPELINE_TESTS_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct test_case {
    const char *name;
    void (*run)(void);
} test_case;

/* Fails the case: says where and what, and ends the program. */
#define CHECK(condition, ...)                                                        \
    do {                                                                             \
        if (!(condition)) {                                                          \
            fprintf(stderr, "%s:%d: expected %s: ", __FILE__, __LINE__, #condition); \
            fprintf(stderr, __VA_ARGS__);                                            \
            fputc('\n', stderr);                                                     \
            exit(1);                                                                 \
        }                                                                            \
    } while (0)

#define CHECK_NUMBER(expected, actual)                                                    \
    do {                                                                                  \
        long long check_expected = (long long)(expected);                                 \
        long long check_actual = (long long)(actual);                                     \
        CHECK(check_expected == check_actual, "%s is %lld, not %lld", #actual, check_actual, check_expected); \
    } while (0)

#define CHECK_TEXT(expected, actual)                                                                       \
    do {                                                                                                   \
        const char *check_expected = (expected);                                                           \
        const char *check_actual = (actual);                                                               \
        CHECK(strcmp(check_expected, check_actual) == 0, "is \"%s\", not \"%s\"", check_actual, check_expected); \
    } while (0)

static inline int run_case(const test_case *cases, size_t count, int argument_count, char **arguments)
{
    for (size_t i = 0; argument_count > 1 && i < count; i++) {
        if (strcmp(cases[i].name, arguments[1]) == 0) {
            cases[i].run();
            return 0;
        }
    }
    fprintf(stderr, "there is no such case\n");
    return 2;
}

#endif
