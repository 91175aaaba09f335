/* checksum: SHA-256 and size of the file at path, with progress by the bytes read. It reads whatever the account of the
 * worker may read, and tells nothing of it but the digest. */
#define _POSIX_C_SOURCE 200809L

#include "samples.h"

#include "parameters.h"
#include "sha256.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { chunk_size = 64 * 1024 };

static tp_status hash_file(tp_context *context, FILE *file, int64_t size, sha256 *hash)
{
    uint8_t chunk[chunk_size];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0) {
        sha256_add(hash, chunk, got);
        int64_t percent = size > 0 ? (int64_t)hash->length * 100 / size : 100;
        if (tp_progress(context, (int32_t)(percent < 100 ? percent : 100), "reading")) {
            return TP_STOPPED;
        }
    }
    if (ferror(file)) {
        return tp_fail(context, TP_RETRYABLE_ERROR, "reading failed after %" PRIu64 " bytes: %s", hash->length,
            strerror(errno));
    }
    return TP_OK;
}

static tp_status run(tp_context *context, void *state)
{
    (void)state;
    const char *path;
    uint32_t length;
    if (!tp_parameter(context, "path", &path, &length) || length == 0) {
        return tp_refuse(context, "path", "is required: the path of a file on the worker's machine");
    }
    if (strlen(path) != length) {
        return tp_refuse(context, "path", "must not contain a zero byte");
    }
    /* Asked before opening, because opening a named pipe would wait for its writer. */
    struct stat about;
    if (stat(path, &about) != 0) {
        return tp_refuse(context, "path", "%s", strerror(errno));
    }
    if (!S_ISREG(about.st_mode)) {
        return tp_refuse(context, "path", "must be a regular file");
    }
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return tp_refuse(context, "path", "%s", strerror(errno));
    }

    sha256 hash;
    sha256_start(&hash);
    tp_status status = hash_file(context, file, (int64_t)about.st_size, &hash);
    fclose(file);
    if (status != TP_OK) {
        return status;
    }

    uint8_t digest[32];
    char text[2 * sizeof digest + 1];
    uint64_t bytes = hash.length;
    sha256_end(&hash, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
    tp_progress(context, 100, "done");
    return tp_succeed(context, "{\"bytes\":%" PRIu64 ",\"sha256\":\"%s\"}", bytes, text);
}

const tp_algorithm tp_checksum = {
    .struct_size = sizeof(tp_algorithm),
    .name = "checksum",
    .version = "1.0.0",
    .description = "SHA-256 and size of the file at path on the worker's machine.",
    .expected_seconds = 0.1,
    .run = run,
};
