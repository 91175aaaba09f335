/* The sample algorithms, one file each. A new one is declared here and listed in samples.c. */
#ifndef TASKPIPELINE_SAMPLES_H
#define TASKPIPELINE_SAMPLES_H

#include <taskpipeline/tp_algorithm.h>

extern const tp_algorithm tp_hello;
extern const tp_algorithm tp_primes;
extern const tp_algorithm tp_checksum;

#endif
