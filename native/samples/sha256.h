/* SHA-256 (FIPS 180-4), and no more of it than checksum needs. */
#ifndef TASKPIPELINE_SAMPLES_SHA256_H
#define TASKPIPELINE_SAMPLES_SHA256_H

#include <stddef.h>
#include <stdint.h>

typedef struct sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes taken so far */
    uint8_t block[64];
} sha256;

void sha256_start(sha256 *hash);
void sha256_add(sha256 *hash, const uint8_t *bytes, size_t length);
void sha256_end(sha256 *hash, uint8_t digest[32]);

#endif
