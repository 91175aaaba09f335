/* The public header alone, under flags stricter than its users have, and the layout that the C# side repeats. */
#include <taskpipeline/tp_algorithm.h>

#include <stddef.h>

#define OFFSET(type, member, expected) _Static_assert(offsetof(type, member) == (expected), #type "." #member)

_Static_assert(TP_ABI_VERSION == 0x00010000, "version 1.0");
_Static_assert(TP_OK == 0 && TP_ERROR == -1 && TP_RETRYABLE_ERROR == -2 && TP_INVALID_INPUT == -3 && TP_STOPPED == -4,
    "numbers of the statuses");

#if UINTPTR_MAX == UINT64_MAX
_Static_assert(sizeof(tp_host_functions) == 72, "tp_host_functions");
OFFSET(tp_host_functions, struct_size, 0);
OFFSET(tp_host_functions, abi_version, 4);
OFFSET(tp_host_functions, progress, 8);
OFFSET(tp_host_functions, should_stop, 16);
OFFSET(tp_host_functions, parameter, 24);
OFFSET(tp_host_functions, input, 32);
OFFSET(tp_host_functions, result, 40);
OFFSET(tp_host_functions, log, 48);
OFFSET(tp_host_functions, message, 56);
OFFSET(tp_host_functions, scratch, 64);

_Static_assert(sizeof(tp_context) == 8, "tp_context");
OFFSET(tp_context, host, 0);

_Static_assert(sizeof(tp_algorithm) == 96, "tp_algorithm");
OFFSET(tp_algorithm, struct_size, 0);
OFFSET(tp_algorithm, max_concurrent, 4);
OFFSET(tp_algorithm, name, 8);
OFFSET(tp_algorithm, version, 16);
OFFSET(tp_algorithm, description, 24);
OFFSET(tp_algorithm, default_timeout_seconds, 32);
OFFSET(tp_algorithm, expected_seconds, 40);
OFFSET(tp_algorithm, cost_parameter, 48);
OFFSET(tp_algorithm, memory_limit_bytes, 56);
OFFSET(tp_algorithm, cpu_limit_seconds, 64);
OFFSET(tp_algorithm, run, 72);
OFFSET(tp_algorithm, open, 80);
OFFSET(tp_algorithm, close, 88);

_Static_assert(sizeof(tp_library) == 24, "tp_library");
OFFSET(tp_library, struct_size, 0);
OFFSET(tp_library, abi_version, 4);
OFFSET(tp_library, algorithm_size, 8);
OFFSET(tp_library, algorithm_count, 12);
OFFSET(tp_library, algorithms, 16);
#endif

int main(void)
{
    return 0;
}
