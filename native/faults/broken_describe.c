/* A library that crashes as soon as it is asked what it offers. */
#include <taskpipeline/tp_algorithm.h>

#include <stddef.h>

const tp_library *tp_library_describe(void)
{
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
    return NULL;
}
