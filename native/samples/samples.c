#include "samples.h"

enum { sample_count = 3 };

const tp_library *tp_library_describe(void)
{
    /* Copied here because C does not let one constant initialise another. */
    static tp_algorithm algorithms[sample_count];
    static const tp_library library = {
        .struct_size = sizeof(tp_library),
        .abi_version = TP_ABI_VERSION,
        .algorithm_size = sizeof(tp_algorithm),
        .algorithm_count = sample_count,
        .algorithms = algorithms,
    };
    algorithms[0] = tp_hello;
    algorithms[1] = tp_primes;
    algorithms[2] = tp_checksum;
    return &library;
}
