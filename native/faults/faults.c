#include "faults.h"

#include <stdio.h>

#define TP_FAULT_COUNT(fault) +1
enum { fault_count = 0 TP_FAULT_LIST(TP_FAULT_COUNT) };

const tp_library *tp_library_describe(void)
{
    static tp_algorithm algorithms[fault_count];
    static const tp_library library = {
        .struct_size = sizeof(tp_library),
        .abi_version = TP_ABI_VERSION,
        .algorithm_size = sizeof(tp_algorithm),
        .algorithm_count = fault_count,
        .algorithms = algorithms,
    };
    size_t i = 0;
#define TP_FAULT_COPY(fault) algorithms[i++] = fault;
    TP_FAULT_LIST(TP_FAULT_COPY)
    return &library;
}

void tp_announce(tp_context *context, const char *line)
{
    tp_progress(context, 40, "about to crash");
    fprintf(stderr, "%s\n", line);
    fflush(stderr);
}
