/* Algorithms that misbehave on purpose, one file each. A new one is added to this list and to CMakeLists.txt. */
#ifndef TASKPIPELINE_FAULTS_H
#define TASKPIPELINE_FAULTS_H

#include <taskpipeline/tp_algorithm.h>

#include <stddef.h>

#define TP_FAULT_LIST(X) \
    X(tp_fault_segfault) \
    X(tp_fault_abort) \
    X(tp_fault_fpe) \
    X(tp_fault_stack_overflow) \
    X(tp_fault_exit) \
    X(tp_fault_double_free) \
    X(tp_fault_loop) \
    X(tp_fault_deaf) \
    X(tp_fault_stall) \
    X(tp_fault_hog) \
    X(tp_fault_hog_declared) \
    X(tp_fault_fork) \
    X(tp_fault_close_fds) \
    X(tp_fault_garbage) \
    X(tp_fault_flood) \
    X(tp_fault_random) \
    X(tp_fault_slow_start) \
    X(tp_fault_no_start) \
    X(tp_fault_big_result) \
    X(tp_fault_bad_json) \
    X(tp_fault_backwards) \
    X(tp_fault_error) \
    X(tp_fault_print_environment) \
    X(tp_fault_leak) \
    X(tp_fault_cpu) \
    X(tp_fault_cpu_declared) \
    X(tp_fault_files) \
    X(tp_fault_scratch) \
    X(tp_fault_exclusive) \
    X(tp_fault_lifetime) \
    X(tp_fault_channel) \
    X(tp_fault_neighbour)

#define TP_FAULT_DECLARE(fault) extern const tp_algorithm fault;
TP_FAULT_LIST(TP_FAULT_DECLARE)
#undef TP_FAULT_DECLARE

/* What every crash leaves to be found afterwards: progress 40, the stage "about to crash", and a line on stderr. */
void tp_announce(tp_context *context, const char *line);

#endif
