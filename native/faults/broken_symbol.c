/* A shared library that is none of ours: it lacks tp_library_describe. */
#include <taskpipeline/tp_algorithm.h>

TP_EXPORT int32_t tp_something_else(void);

int32_t tp_something_else(void)
{
    return 0;
}
