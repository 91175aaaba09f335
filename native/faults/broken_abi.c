/* A library for a version of the interface that no host knows. It must be refused by its number alone. */
#include <taskpipeline/tp_algorithm.h>

#include <stddef.h>

const tp_library *tp_library_describe(void)
{
    static const tp_library library = {
        .struct_size = sizeof(tp_library),
        .abi_version = (uint32_t)99 << 16,
        .algorithm_size = sizeof(tp_algorithm),
        .algorithm_count = 1,
        /* Whoever looks further than the version crashes. */
        .algorithms = NULL,
    };
    return &library;
}
